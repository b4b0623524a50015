import BinanceFutures
import DataHub
import ServiceKit

/// The section `data-hub` of the configuration.
struct HubSettings {
    var hub = HubConfiguration()
    var socket = MarketSocket.Settings()
    /// 1m candles fetched at the start, and as many longer ones as cover that time. A day has 1440; the venue gives 1500.
    var backfillCandles: Int
    var openInterestSeconds: Int
    /// Streams of one connection.
    var streamsPerSocket: Int
    /// Bytes of writes that are kept while Redis is away.
    var queueBytesMax: Int

    init(_ section: ConfigurationSection) throws(ConfigurationError) {
        hub.ticksMax = try section.int("ticks_max", default: hub.ticksMax, in: 10...100_000)
        hub.candlesMax = try section.int("candles_max", default: hub.candlesMax, in: 10...10_000)
        hub.candleUpdateMs = Int64(try section.int("candle_update_ms", default: 1000, in: 100...60_000))
        hub.hotStateMs = Int64(try section.int("hot_state_ms", default: 250, in: 50...60_000))
        hub.staleMs = Int64(try section.int("stale_ms", default: 10_000, in: 0...3_600_000))
        hub.aheadMaxMs = Int64(try section.int("ahead_ms", default: Int(hub.aheadMaxMs), in: 100...60_000))
        hub.markBandRatio = try section.double("mark_band", default: hub.markBandRatio, in: 0.001...0.5)
        socket.rotationMs = Int64(try section.int("rotation_minutes", default: 23 * 60, in: 1...1430)) * 60_000
        socket.silenceMaxMs = Int64(try section.int("silence_seconds", default: 10, in: 2...600)) * 1000
        backfillCandles = try section.int("backfill_candles", default: 1500, in: 1...1500)
        openInterestSeconds = try section.int("open_interest_seconds", default: 15, in: 1...3600)
        streamsPerSocket = try section.int("streams_per_socket", default: 1000, in: 1...MarketSocket.streamsMax)
        queueBytesMax = try section.int("queue_mb", default: 32, in: 1...1024) << 20
    }
}
