import ExchangeSimulator
import Testing
import TradingPrimitives

struct RobustnessTests {
    private static let names = [
        "symbol", "side", "type", "timeInForce", "quantity", "price", "triggerPrice", "algoType", "reduceOnly",
        "orderId",
        "origClientOrderId", "newClientOrderId", "clientAlgoId", "algoId", "limit", "fromId", "startTime", "endTime",
        "page",
        "period", "interval", "leverage", "marginType", "dualSidePosition", "closePosition", "callbackRate",
        "activatePrice",
        "workingType", "goodTillDate", "batchOrders", "incomeType", "positionSide", "selfTradePreventionMode",
        "timestamp", "recvWindow", "orderIdList", "origClientOrderIdList", "modifyId", "countdownTime", "amount",
        "pair",
        "contractType", "priceMatch",
    ]
    private static let values = [
        "[1,2]", "[\"a\"]", "PERPETUAL", "2", "OPPONENT_5", "QUEUE", "BTCUSDT", "ETHUSDT", "BUY", "SELL", "LIMIT",
        "MARKET", "GTC", "IOC", "FOK", "GTX", "GTD", "STOP_MARKET",
        "STOP",
        "TRAILING_STOP_MARKET", "TAKE_PROFIT", "CONDITIONAL", "true", "false", "0", "1", "0.01", "60000", "59000.1",
        "-1",
        "9223372036854775807", "-9223372036854775808", "92233720368.54775807", "0.00000001", "1e5", "5m", "1m", "1d",
        "ISOLATED", "CROSSED", "MARK_PRICE", "x", "%F0%9F%98%80", "[{}]", "[[[[[[[[[[[[1]]]]]]]]]]]]", "{\"a\":", "10",
        "1.5",
    ]

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `no request makes the venue stumble, and the balance stays the sum of the incomes`(seed: UInt64) {
        var world = World(["BTCUSDT", "ETHUSDT"], deposit: "1000000")
        world.book("60000:2 59999:3", "60000.1:1 60001:500")
        world.trade("60000", "0.01", .sell)
        world.advance(1000)
        var random = SplitMix64(seed: seed)
        for step in 0..<3000 {
            let endpoint = Endpoint.all[Int(random.next() % UInt64(Endpoint.all.count))]
            // Mostly the parameters that make sense, so that many requests get far.
            var query =
                "symbol=BTCUSDT&side=\(random.next() % 2 == 0 ? "BUY" : "SELL")&quantity=0.01&algoType=CONDITIONAL"
            query += random.next() % 2 == 0 ? "&type=MARKET" : "&type=LIMIT&timeInForce=GTC&price=60000"
            for _ in 0..<(random.next() % 8) {
                let name = Self.names[Int(random.next() % UInt64(Self.names.count))]
                let value = Self.values[Int(random.next() % UInt64(Self.values.count))]
                query = "\(name)=\(value)&" + query
            }
            let answer = world.call(endpoint.method, endpoint.path, query)
            #expect(isVenueShaped(answer.status, answer.text), "\(endpoint.path)?\(query): \(answer.text)")
            _ = try? world.exchange.checkTime(Parameters(query: Array(query.utf8), body: []))
            if step % 50 == 0 {
                let price = 59_900 + Int(random.next() % 200)
                world.book("\(price):3", "\(price + 1):3")
                world.trade("\(price)", "1", .sell, afterMs: 300)
            }
        }
        let account = world.exchange.accounts[world.account]
        #expect(account.incomes.reduce(Notional.zero) { $0 + $1.amount } == account.wallet)
        #expect(account.fills.count > 3)
    }

    @Test func `no control message makes the hub stumble`() {
        var world = World()
        var hub = StreamHub()
        var random = SplitMix64(seed: 4)
        let parts = Array(#"{"method":"SUBSCRIBE","params":["btcusdt@aggTrade","\u00e9"],"id":1}[]null-1.5e3\\ "#.utf8)
        hub.open(1, path: "/market/ws", query: "streams=%ZZ&streams", &world.exchange)
        for step in 0..<5000 {
            let text = (0..<Int(random.next() % 60)).map { _ in parts[Int(random.next() % UInt64(parts.count))] }
            _ = hub.receive(1, text, nowMs: Int64(step) * 1000, &world.exchange)
        }
        #expect(hub.connectionCount == 1)
    }

    @Test func `no line of a recording makes the reader stumble`() throws {
        let line =
            #"1000 {"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1700000001000,"T":1700000000999,"s":"BTCUSDT","u":5,"pu":0,"b":[["100.0","1"]],"a":[["101","2"]]}}"#
        var random = SplitMix64(seed: 8)
        var text = Array((line + "\n").utf8)
        for _ in 0..<4000 {
            var changed = Array(line.utf8)
            for _ in 0...(random.next() % 4) {
                changed[Int(random.next() % UInt64(changed.count))] = UInt8(random.next() % 96 + 32)
            }
            if random.next() % 3 == 0 { changed.removeLast(Int(random.next() % UInt64(changed.count))) }
            text += changed + [10]
        }
        var lines = TextLines(text)
        let contents = try #require(RecordingContents(&lines, name: "BTCUSDT-raw"))
        var reader = RecordingReader(
            TextLines(text), contents, instruments: World.bitcoin, times: World.recordedTimes
        ) { _ in false }
        var count = 0
        while reader.next() != nil { count += 1 }
        #expect(count > 0 && reader.report.skipped > 500, "\(count) read, \(reader.report.skipped) not")
    }
}
