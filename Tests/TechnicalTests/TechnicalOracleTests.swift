import Indicators
import SignalContracts
import Technical
import TestSupport
import Testing
import TradingPrimitives

/// Every output of E3 beside a recomputation in Python, with TA-Lib, over the whole run of candles each time.
@Suite(.enabled(if: Oracles.hasTALib, "\(Oracles.skipMessage)"))
struct TechnicalOracleTests {
    private func differences(
        _ entries: [(id: StreamId, candle: CandleUpdate)], _ configuration: TechnicalConfiguration = .init()
    ) throws -> String? {
        let symbol = try #require(Symbol("BTCUSDT"))
        var engine = Technical(configuration), capture = CaptureFile()
        for (id, candle) in entries {
            capture.append(.candle, id, candle)
            engine.process(TechnicalInput(symbol: symbol, id: id, candle: candle)) {
                capture.append(.signal, id, EngineSignal.technical($0.signal))
            }
        }
        let preset = configuration.smoothing == .ema ? "literal" : "wilder"
        return try capture.differences(
            oracle: "technical_oracle.py", arguments: ["--preset", preset], needsTALib: true)
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func `random candles with updates in progress give what a recomputation gives`(seed: UInt64) throws {
        let story = CandleStory.random(seed: seed, minutes: 2100)
        let differences = try differences(story.entries(fetched: 1500, updates: 2, seed: seed, isMixed: seed == 2))
        #expect(differences == nil, "\(differences ?? "")")
    }

    @Test func `the literal preset gives what a recomputation gives`() throws {
        var configuration = TechnicalConfiguration()
        configuration.smoothing = .ema
        let story = CandleStory.random(seed: 9, minutes: 1700)
        let differences = try differences(story.entries(fetched: 1500, updates: 2), configuration)
        #expect(differences == nil, "\(differences ?? "")")
    }

    @Test func `a cold start gives what a recomputation gives`() throws {
        let story = CandleStory.random(seed: 11, minutes: 1900)
        let differences = try differences(story.entries(fetched: 0, updates: 1))
        #expect(differences == nil, "\(differences ?? "")")
    }

    @Test(
        .enabled(if: SharedData.isPresent, "\(SharedData.skipMessage)"), arguments: ["BTCUSDT", "ETHUSDT", "SOLUSDT"])
    func `recorded candles give what a recomputation gives`(symbol: String) throws {
        let path = "klines/\(symbol)-1m-2025-05-04_2025-06-24.csv.gz"
        let story = try CandleStory.recorded(path, rows: 10_000..<13_000)
        let differences = try differences(story.entries(fetched: 1500, updates: 1))
        #expect(differences == nil, "\(differences ?? "")")
    }
}
