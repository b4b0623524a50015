import ExchangeSimulator
import ExchangeSimulatorServer
import TradingPrimitives
import WebServer

// What clients send to the simulated venue, signed by an account that may do anything.
extension FuzzTarget {
    /// A request as it stands on the wire: a head, an empty line, a body.
    static let venueRequests = FuzzTarget(
        name: "venue-requests",
        seeds: {
            Endpoint.all.flatMap { endpoint in
                let query = "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=0.01&price=60000&limit=5&timeInForce=GTC"
                let head = "HTTP/1.1\r\nX-MBX-APIKEY: k\r\nConnection: close\r\n\r\n"
                return [
                    Array("\(endpoint.method) \(endpoint.path)?\(query) \(head)".utf8),
                    Array("\(endpoint.method) \(endpoint.path) \(head)\(query)&recvWindow=5000".utf8),
                ]
            } + [
                Array(
                    "POST /fapi/v1/batchOrders?batchOrders=%5B%7B%22symbol%22%3A%22BTCUSDT%22%7D%5D HTTP/1.0\r\n\r\n"
                        .utf8)
            ]
        },
        read: { input in
            let end = headEnd(input)
            guard
                let request = HTTPRequest(
                    head: UnsafeRawBufferPointer(rebasing: input[..<end]),
                    body: UnsafeRawBufferPointer(rebasing: input[end...]))
            else { return }
            guard let endpoint = Endpoint.find(request.method, request.path) else { return }
            ask(endpoint, Parameters(query: request.query, body: request.body))
        })

    /// A message of the WebSocket API.
    static let venueMessages = FuzzTarget(
        name: "venue-messages",
        seeds: {
            [
                "order.place", "order.modify", "order.cancel", "order.status", "algoOrder.place", "depth",
                "ticker.book",
                "v2/account.balance", "account.position", "userDataStream.start",
            ].map { method in
                Array(
                    (#"{"id":"7","method":"\#(method)","params":{"symbol":"BTCUSDT","side":"SELL","type":"MARKET","#
                        + #""quantity":0.02,"limit":5,"algoType":"CONDITIONAL","triggerPrice":"59000","flag":true}}"#)
                        .utf8)
            } + [Array(#"[{"a":"\u00e9\n"},[null,-1e5]]"#.utf8)]
        },
        read: { input in
            _ = FlatJSON.parse(input)
            guard let request = SocketRequest(input), let endpoint = SocketMethod.find(request.method) else { return }
            var json = JSONWriter()
            json.object { $0.putId(request.id) }
            precondition(FlatJSON.parse(json.bytes) != nil, "the id of a request was answered as what is not JSON")
            ask(endpoint, request.parameters)
        })

    private static func headEnd(_ input: UnsafeRawBufferPointer) -> Int {
        let mark = Array("\r\n\r\n".utf8)
        guard input.count >= mark.count else { return input.count }
        for start in 0...(input.count - mark.count) where input[start..<start + mark.count].elementsEqual(mark) {
            return start + mark.count
        }
        return input.count
    }

    /// Asks an exchange of its own, with a book and an account. Each answer must be JSON.
    private static func ask(_ endpoint: Endpoint, _ parameters: Parameters) {
        var exchange = fresh
        let answer = exchange.answer(endpoint, RestCall(parameters, account: 0))
        precondition(FlatJSON.parse(answer.body) != nil, "an answer that is not JSON")
    }

    private static let fresh: Exchange = {
        let time = Timestamp(milliseconds: 1_700_000_000_000)
        let instruments = ["BTCUSDT", "ETHUSDT"].compactMap { Symbol($0) }.map(Instrument.listed)
        var exchange = Exchange(ExchangeConfiguration(instruments: instruments), start: time)
        _ = exchange.openAccount("one", deposit: Notional(raw: 10_000 * fixedScale))
        func level(_ price: Int64) -> DepthLevel {
            DepthLevel(price: Price(raw: price * fixedScale), quantity: Quantity(raw: fixedScale))
        }
        for index in instruments.indices {
            exchange.process(
                MarketEvent(
                    time: time + 1, instrument: index,
                    .bookSnapshot(
                        bids: [level(60_000), level(59_999)], asks: [level(60_001), level(60_002)],
                        isPassedThrough: false)))
        }
        return exchange
    }()
}
