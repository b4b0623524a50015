import BinanceFutures
import DataHub
import InProcessSuite
import SignalContracts
import TradingPrimitives
import WebClient

/// The data hub as a process: frames in, entries out; the past by REST at its start.
final class HubNode: SuiteNode {
    let name = "data-hub"
    private let world: World
    private var hub: DataHub
    private var scanner: MarketScanner
    private(set) var isUp = false
    var isPaused = false
    private var waiting: [MemoryBus.Word] = []
    private var life = 0
    private var serverId = 0
    private static let candlesMax = 60
    private static let streams: [StreamKind] = DataHub.Kind.allCases.map(\.stream)

    init(_ world: World) {
        self.world = world
        hub = DataHub(world.symbols, world.rules.hub)
        scanner = MarketScanner(world.symbols)
    }

    func start() {
        guard !isUp else { return }
        isUp = true
        serverId = world.bus.serverId
        hub = DataHub(world.symbols, world.rules.hub)
        for entry in world.bus.log where Self.streams.contains(entry.stream.kind) {
            guard let index = world.symbols.firstIndex(where: { $0 == entry.stream.symbol }) else { continue }
            hub.resume(symbol: index, after: entry.id)
        }
        let life = life
        world.scheduler.after(ms: 20) { [self] in if life == self.life { fetchPast() } }
        if world.mutation != .forgetCloses { lookForCloses(life) }
    }

    /// Asks for the closes that did not come, as long as this process lives.
    private func lookForCloses(_ life: Int) {
        world.scheduler.after(ms: 100) { [self] in
            guard life == self.life else { return }
            if !isPaused {
                hub.lookForCloses(venueTime: world.scheduler.now) { index, timeframe, missing in
                    fetchCandles(index, timeframe, missing)
                }
            }
            lookForCloses(life)
        }
    }

    /// There and back; nobody answers while the line is cut.
    private func fetchCandles(_ index: Int, _ timeframe: Timeframe, _ missing: MissingClose) {
        let life = life, askedAt = world.scheduler.now
        let request = MarketRest.candles(
            world.symbols[index], timeframe, from: missing.openTime, limit: missing.limit)
        world.scheduler.after(us: world.tripUs()) { [self] in
            guard !world.network.isPartitioned,
                let value = world.venue.ask(request)
            else { return }
            world.scheduler.after(us: world.tripUs()) { [self] in
                guard life == self.life, !world.network.isPartitioned else { return }
                take(value, index, timeframe, askedAt)
                hub.candlesCame(timeframe, symbol: index)
                flush()
            }
        }
    }

    private func take(_ value: JSONValue, _ index: Int, _ timeframe: Timeframe, _ askedAt: Timestamp) {
        guard let candles = MarketRest.candles(value, timeframe, now: askedAt) else { return }
        for candle in candles.candles { receive(.candle(candle), index) }
    }

    func kill() {
        isUp = false
        isPaused = false
        life += 1
        waiting = []
    }

    func wake() {
        flush()
        guard isUp, !isPaused, world.bus.isUp, world.bus.serverId != serverId else { return }
        serverId = world.bus.serverId
        guard world.mutation != .forgetLost else { return }
        for index in world.symbols.indices { hub.forgetWritten(symbol: index) }
        fetchPast()
    }

    /// A frame of the venue, as it came.
    func hear(_ frame: [UInt8], isAbsurd: Bool) {
        guard isUp, !isPaused else { return }
        frame.withUnsafeBytes { hear($0, isAbsurd: isAbsurd) }
    }

    private func hear(_ frame: UnsafeRawBufferPointer, isAbsurd: Bool) {
        do throws(FrameError) {
            switch try scanner.scan(frame) {
            case .trade(let symbol, let trade): receive(.trade(trade), symbol)
            case .book(let symbol, let book): receive(.book(book), symbol)
            case .candle(let symbol, let candle): receive(.candle(candle), symbol)
            case .metric(let symbol, let metric): receive(.metric(metric), symbol)
            case .reply, .bookTicker, .unfit, .other: break
            }
        } catch {
            if !isAbsurd { world.checker.violated("the hub can't read a frame: \(error)") }
        }
    }

    private func receive(_ input: DataHub.Input, _ symbol: Int) {
        hub.receive(
            input, symbol: symbol, receivedUs: world.scheduler.nowUs, venueTime: world.scheduler.now
        ) { output in
            guard case .entry(let kind, let id, let entry) = output else { return }
            let stream = StreamName(kind.stream, world.symbols[symbol])
            waiting.append(MemoryBus.Word(stream, id: id, entry.message))
        }
    }

    private func fetchPast() {
        if let value = world.venue.ask(MarketRest.exchangeInfo()) {
            for rules in MarketRest.instruments(value, world.symbols) {
                guard let index = world.symbols.firstIndex(of: rules.symbol) else { continue }
                receive(.metric(MarketMetric(eventTime: world.scheduler.now, value: .instrument(rules))), index)
            }
        }
        for (index, symbol) in world.symbols.enumerated() {
            for timeframe in Timeframe.allCases {
                let request = MarketRest.candles(symbol, timeframe, limit: Self.candlesMax)
                if let value = world.venue.ask(request) { take(value, index, timeframe, world.scheduler.now) }
            }
        }
        flush()
    }

    private func flush() {
        guard isUp, !isPaused, world.bus.isUp, !waiting.isEmpty else { return }
        let words = waiting
        waiting = []
        world.bus.write(words)
    }
}
