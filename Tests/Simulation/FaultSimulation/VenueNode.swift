import BinanceFutures
import ExchangeSimulator
import InProcessSuite
import SignalContracts
import TradingPrimitives
import Venue
import WebClient

/// The exchange with its market, as the real simulator serves it: requests and frames are the venue's own bytes.
final class VenueNode {
    private let world: World
    private(set) var simulation: Simulation<SyntheticMarket>
    private var hub: StreamHub
    let account: Int
    private var marketConnections: Set<StreamHub.Id> = []
    private var lastConnection: StreamHub.Id = 0
    private var marketFrames: [[UInt8]] = []
    private var userFrames: [(connection: StreamHub.Id, bytes: [UInt8])] = []
    private static let stepMs: Int64 = 10
    private static let historyMinutes = 240
    /// It pays the fees of some trades; those after them are paid in USDT again.
    static let bnb = Notional(raw: fixedScale / 5000)

    init(_ world: World, seed: UInt64) {
        self.world = world
        // One in four tells everything at once, and a stop's whole end in one burst.
        hub = StreamHub(lateness: seed % 4 == 0 ? nil : Lateness(seed: seed))
        let start = world.scheduler.now
        let families = world.trouble.families
        for family in [Trouble.Family.fees, .bounds] where families.contains(family) { world.trouble.strike(family) }
        // The price of BNB is the one of its contract.
        let bnb = families.contains(.fees) ? Symbol("BNBUSDT") : nil
        let instruments = (world.symbols + [bnb].compactMap(\.self)).map(Instrument.listed)
        let made = SyntheticMarket.make(
            instruments, seed: seed, start: start, historyMinutes: Self.historyMinutes)
        var configuration = ExchangeConfiguration(instruments: instruments)
        // Small fees, so that near targets are worth it and positions come and go.
        configuration.makerFee = Ratio(raw: 1000)
        configuration.takerFee = Ratio(raw: 2000)
        var exchange = Exchange(configuration, start: start)
        for (index, candles) in made.history.enumerated() {
            exchange.setHistory(index, candles)
            exchange.setStatistics(index, made.statistics[index])
        }
        account = exchange.openAccount(
            "paper", deposit: Notional(raw: 5000 * fixedScale), bnb: bnb == nil ? .zero : Self.bnb)
        if families.contains(.bounds) {
            for index in world.symbols.indices {
                var change = FilterChange()
                let rules = instruments[index].rules
                // About 60 USDT, or the least that may be ordered.
                change.maxMarketQuantity = max(
                    Notional(raw: 60 * fixedScale).buys(at: instruments[index].typicalPrice)
                        .rounded(toMultipleOf: rules.stepSize, .down), rules.minQuantity)
                exchange.setFilters(index, change)
            }
        }
        simulation = Simulation(exchange, made.market)
        let names = world.symbols.map(\.lowercased)
        open("public", names.map { "\($0)@depth20@100ms" })
        let timeframes = Timeframe.allCases.map { "kline_\($0.rawValue)" }
        open(
            "market",
            names.flatMap { name in (["aggTrade", "markPrice@1s", "forceOrder"] + timeframes).map { "\(name)@\($0)" } })
        world.scheduler.every(ms: Self.stepMs) { [unowned self] in advance() }
    }

    private func open(_ route: String, _ streams: [String]) {
        lastConnection += 1
        marketConnections.insert(lastConnection)
        hub.open(
            lastConnection, path: "/\(route)/stream", query: "streams=\(streams.joined(separator: "/"))",
            &simulation.exchange)
    }

    var exchange: Exchange { simulation.exchange }

    /// Brings the exchange to the present, and sends on their way the frames that it made.
    func advance() {
        _ = simulation.play(until: world.scheduler.now)
        deliver()
    }

    private func deliver() {
        hub.deliver(&simulation.exchange) { id, _, bytes in
            if marketConnections.contains(id) { marketFrames.append(bytes) } else { userFrames.append((id, bytes)) }
        }
        if !marketFrames.isEmpty {
            world.network.carry(market: marketFrames)
            marketFrames = []
        }
        for frame in userFrames { world.network.carry(user: frame.bytes, on: frame.connection) }
        userFrames = []
        world.checker.look(at: simulation.exchange)
    }

    // MARK: Requests

    /// Executes a call of the account at this moment.
    func answer(_ request: RestRequest) -> RestAnswer {
        advance()
        guard let endpoint = Endpoint.find(request.method.rawValue, request.path) else {
            return RestAnswer(status: 404, body: [])
        }
        var parameters = Parameters()
        for (name, value) in request.parameters { parameters.put(name, value) }
        let answer = simulation.exchange.answer(endpoint, RestCall(parameters, account: account))
        deliver()
        return answer
    }

    /// An open route's answer; nil when it is no success.
    func ask(_ request: RestRequest) -> JSONValue? {
        let answer = answer(request)
        return answer.status == 200 ? try? JSONValue(answer.body) : nil
    }

    // MARK: The user stream

    func openUserStream() -> StreamHub.Id {
        lastConnection += 1
        _ = answer(RestRequest(.post, "/fapi/v1/listenKey", security: .key))
        let key = simulation.exchange.listenKey(account)
        hub.open(lastConnection, path: "/private/ws", query: "listenKey=\(key)", &simulation.exchange)
        return lastConnection
    }

    func closeUserStream(_ id: StreamHub.Id) { hub.close(id, &simulation.exchange) }

    /// What others do at the venue.
    func act(_ body: (inout Exchange) -> Void) {
        advance()
        body(&simulation.exchange)
        deliver()
    }
}
