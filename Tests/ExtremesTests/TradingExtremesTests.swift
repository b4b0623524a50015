import BinanceFutures
import Decisions
import Execution
import Foundation
import Notices
import Risk
import SignalContracts
import TestSupport
import Testing
import TradingPrimitives
import Venue
import WebClient

/// Each field of what decision, risk, executor and notifier hear, by stream, frame or answer, with each extreme: what is not
/// refused where it is read changes no more than it may, and ends nothing.
struct TradingExtremesTests {
    private let symbol: Symbol
    private let now = Samples.time

    init() throws { symbol = try #require(Symbol("BTCUSDT")) }

    /// Calls `body` with each message of the streams that can be read though one of its fields is an extreme.
    private func forEachRead(_ body: (StreamKind, Fields) throws -> Void) throws {
        let kinds: [String: StreamKind] = [
            "AccountUpdate": .account, "ContractTerms": .contract, "RiskState": .risk, "EngineWeights": .weights,
            "TradePlan": .plan, "ExecutionEvent": .execution, "Decision": .decision, "Command": .command,
            "MarketMetric": .metric, "BookUpdate": .book, "EngineSignal": .signal, "Alert": .alert, "Reply": .reply,
        ]
        for (name, message) in try Samples.market() + Samples.signals() + Samples.trading() + Samples.operating() {
            guard let kind = kinds[String(name.split(separator: "-")[0])] else { continue }
            try Extremes.forEach(of: message) { _, _, entry in try body(kind, entry) }
        }
    }

    private func input<Input: StreamInput>(_ kind: StreamKind, _ fields: Fields, of: Input.Type) -> Input? {
        let stream = StreamName(kind, kind.isPerSymbol ? symbol : nil)
        return (try? Input(stream: stream, id: Samples.cause, fields: fields)) ?? nil
    }

    @Test func `decision and risk hear all of it, and go on`() throws {
        var decision = DecisionEngine(symbols: [symbol]), risk = RiskManager()
        var heard = 0
        try forEachRead { kind, fields in
            if let input = input(kind, fields, of: DecisionInput.self) {
                decision.process(input) { _ in }
                heard += 1
            }
            if let input = input(kind, fields, of: RiskInput.self) {
                risk.process(input) { output in
                    guard case .plan(_, let plan) = output, case .approved(let terms) = plan.verdict else { return }
                    #expect(
                        terms.quantity > .zero && terms.notional <= Notional(raw: MarketBounds.valueMax * fixedScale))
                }
                heard += 1
            }
        }
        #expect(heard > 500)
    }

    @Test func `the notifier turns all of it into words`() throws {
        var notifier = Notifier(NoticeRules(chats: [42]))
        var heard = 0
        try forEachRead { kind, fields in
            guard let input = input(kind, fields, of: NoticeInput.self) else { return }
            notifier.process(input) { _ in }
            heard += 1
        }
        #expect(heard > 100)
    }

    // MARK: The executor

    /// An executor that holds a protected position, with what it has asked for.
    private struct Held {
        var executor: Executor
        var now: Timestamp
        var open: [(id: RequestId, request: VenueRequest)] = []

        mutating func hear(_ event: ExecutorEvent) {
            for case .request(let id, let request) in executor.handle(event, at: now) { open.append((id, request)) }
        }
    }

    private func held() throws -> Held {
        var held = Held(executor: Executor(symbols: [symbol]), now: now)
        held.hear(.rules(try Samples.instrument()))
        held.hear(.userStream(isUp: true))
        let terms = try Samples.terms()
        held.hear(.mark(symbol, terms.entryPrice, at: now))
        held.hear(.book(symbol, bid: terms.entryPrice, ask: terms.entryPrice + Price(raw: fixedScale / 10), at: now))
        held.hear(.timer)
        for (id, request) in held.open {
            switch request {
            case .queryOpenOrders: held.hear(.reply(id, .openOrders([])))
            case .queryOpenStops: held.hear(.reply(id, .openStops([])))
            case .queryPositions: held.hear(.reply(id, .positions([])))
            case .queryAccount:
                let wallet = Notional(raw: 5000 * fixedScale)
                held.hear(
                    .reply(
                        id,
                        .account(AccountReport(walletBalance: wallet, availableBalance: wallet, unrealizedPnl: .zero))))
            default: held.hear(.reply(id, .done))
            }
        }
        held.open = []
        held.hear(.user(.leverageChanged(symbol, terms.leverage)))
        held.hear(
            .plan(
                symbol,
                TradePlan(
                    id: TradeId(symbol: symbol, cause: Samples.cause), cause: Samples.cause, eventTime: now,
                    direction: .long, strategy: .momentum, confidence: 70, verdict: .approved(terms))))
        let entry = try #require(
            held.open.compactMap { if case .placeOrder(let order) = $0.request { order } else { nil } }.first)
        held.hear(
            .user(
                .order(
                    OrderReport(
                        symbol: symbol, clientOrderId: entry.clientOrderId, orderId: 5, side: .buy, status: .filled,
                        price: terms.entryPrice, quantity: entry.quantity, executedQuantity: entry.quantity,
                        isReduceOnly: false, updateTime: now),
                    fill: Fill(
                        symbol: symbol, tradeId: 7, orderId: 5, clientOrderId: entry.clientOrderId, side: .buy,
                        price: terms.entryPrice, quantity: entry.quantity, fee: .zero, feeAsset: "USDT", isMaker: true,
                        realizedPnl: .zero, time: now))))
        #expect(held.executor.openPositionCount == 1)
        return held
    }

    /// Whatever was heard, the position is held with a stop asked for, or on its way out, and the journal can be read again.
    private func expectSound(_ held: Held, _ what: @autoclosure () -> String) throws {
        for record in held.executor.records {
            #expect(try ExecutorRecord(bytes: record.bytes[...]).bytes == record.bytes, "\(what())")
        }
        for (_, request) in held.open {
            guard case .placeOrder(let order) = request, !order.isReduceOnly else { continue }
            #expect(order.quantity == (try Samples.terms()).quantity, "\(what())")
        }
    }

    @Test func `what the streams tell the executor ends nothing`() throws {
        let ready = try held()
        var heard = 0
        try forEachRead { kind, fields in
            guard let input = input(kind, fields, of: ExecutorInput.self) else { return }
            var next = ready
            next.hear(input.event)
            next.now = next.now + 100
            next.hear(.timer)
            try expectSound(next, "\(kind) \(fields.pairs)")
            heard += 1
        }
        #expect(heard > 100)
    }

    @Test func `what the user stream tells ends nothing, and opens nothing`() throws {
        let ready = try held()
        var read = 0, refused = 0
        for frame in Self.frames {
            try Extremes.forEach(ofJSON: frame) { name, text, json in
                var bytes = Array(json.utf8)
                guard let event = bytes.withUnsafeMutableBytes({ try? UserEvent.read(UnsafeRawBufferPointer($0)) })
                else {
                    refused += 1
                    return
                }
                var next = ready
                next.hear(.user(event))
                next.now = next.now + 100
                next.hear(.timer)
                read += 1
                try expectSound(next, "\(name) \(text)")
            }
        }
        #expect(read > 300 && refused > 300)
    }

    @Test func `a number that can't be read is not one that is left out`() throws {
        func isRead(_ frame: String) -> Bool {
            Array(frame.utf8).withUnsafeBytes { (try? UserEvent.read($0)) ?? nil } != nil
        }
        var tried = 0
        for frame in Self.frames {
            for name in ["q", "z", "l", "L", "p", "n", "rp", "wb", "bc", "pa", "ep", "tp"] {
                guard let start = frame.range(of: "\"\(name)\":\""),
                    let end = frame[start.upperBound...].firstIndex(of: "\"")
                else { continue }
                let value = start.upperBound..<end
                #expect(isRead(frame))
                for text in ["NaN", "9223372036854775807", "1e300", "-"] {
                    #expect(!isRead(frame.replacingCharacters(in: value, with: text)), "\(name) \(text) in \(frame)")
                }
                tried += 1
            }
            for name in ["n", "rp", "bc"] {
                guard let start = frame.range(of: ",\"\(name)\":\""),
                    let end = frame[start.upperBound...].firstIndex(of: "\"")
                else { continue }
                #expect(isRead(frame.replacingCharacters(in: start.lowerBound...end, with: "")), "\(name) in \(frame)")
            }
        }
        #expect(tried > 15)
    }

    @Test func `what the venue answers ends nothing, and opens nothing`() throws {
        let ready = try held()
        var read = 0
        for (request, answer) in Self.answers(symbol) {
            try Extremes.forEach(ofJSON: answer) { name, text, json in
                guard let value = try? JSONValue(Array(json.utf8)) else { return }
                let reply = VenueReply(.success(value), to: request)
                var next = ready
                // As if it had been asked: a look, or what the position itself wants to know.
                for (id, asked) in next.open where asked == request { next.hear(.reply(id, reply)) }
                next.hear(.userStream(isUp: true))
                next.now = next.now + 6000
                next.hear(.timer)
                for (id, asked) in next.open where asked == request { next.hear(.reply(id, reply)) }
                next.now = next.now + 100
                next.hear(.timer)
                try expectSound(next, "\(request): \(name) \(text)")
                if !reply.isUnknown { read += 1 }
            }
        }
        #expect(read > 100)
    }

    private static let frames = [
        #"{"e":"ORDER_TRADE_UPDATE","E":1723161256700,"T":1723161256690,"o":{"s":"BTCUSDT","c":"web_1","S":"SELL","o":"LIMIT","f":"GTC","q":"0.05","p":"61800.2","ap":"61800.2","sp":"0","x":"TRADE","X":"PARTIALLY_FILLED","i":77,"l":"0.01","z":"0.01","L":"61800.2","n":"0.1","N":"USDT","T":1723161256690,"t":9,"m":false,"R":false,"rp":"0.5"}}"#,
        #"{"e":"ORDER_TRADE_UPDATE","E":1723161256700,"T":1723161256690,"o":{"s":"BTCUSDT","c":"web_2","S":"BUY","o":"MARKET","f":"GTC","q":"0.05","p":"0","ap":"61800.2","sp":"0","x":"TRADE","X":"FILLED","i":78,"l":"0.05","z":"0.05","L":"61800.2","n":"0.0001","N":"BNB","T":1723161256690,"t":10,"m":false,"R":false,"rp":"0"}}"#,
        #"{"e":"ALGO_UPDATE","T":1723161256690,"E":1723161256700,"o":{"caid":"v7-BTC-x-sl1","aid":2148719,"s":"BTCUSDT","S":"SELL","q":"0.05","X":"NEW","ai":"","tp":"61700.1","T":5}}"#,
        #"{"e":"ACCOUNT_UPDATE","T":1723161256690,"E":1723161256700,"a":{"m":"WITHDRAW","B":[{"a":"USDT","wb":"4900","cw":"4900","bc":"-100"}],"P":[{"s":"BTCUSDT","pa":"0.05","ep":"61800.2"}]}}"#,
        #"{"e":"ACCOUNT_UPDATE","T":1723161256690,"E":1723161256700,"a":{"m":"FUNDING_FEE","S":"BTCUSDT","B":[{"a":"USDT","wb":"4999","cw":"4999","bc":"-1"}],"P":[]}}"#,
        #"{"e":"ACCOUNT_CONFIG_UPDATE","E":1723161256700,"T":1723161256690,"ac":{"s":"BTCUSDT","l":25}}"#,
    ]

    private static func answers(_ symbol: Symbol) -> [(VenueRequest, String)] {
        [
            (
                .queryPositions,
                #"[{"symbol":"BTCUSDT","positionAmt":"0.05","entryPrice":"61800.2","markPrice":"61790","liquidationPrice":"50000.1","unRealizedProfit":"-0.5"}]"#
            ),
            (
                .queryAccount,
                #"{"totalWalletBalance":"5000","availableBalance":"4000","totalUnrealizedProfit":"-0.5"}"#
            ),
            (
                .queryOpenOrders(symbol),
                #"[{"symbol":"BTCUSDT","clientOrderId":"web_1","orderId":77,"side":"SELL","status":"NEW","price":"61900","origQty":"0.05","executedQty":"0","reduceOnly":false,"updateTime":1723161256690}]"#
            ),
            (
                .queryOpenStops(symbol),
                #"[{"symbol":"BTCUSDT","clientAlgoId":"v7-x-sl1","algoId":78,"side":"SELL","algoStatus":"NEW","triggerPrice":"61700","quantity":"0.05","actualOrderId":"","updateTime":1723161256690}]"#
            ),
            (
                .queryCommission(symbol),
                #"{"symbol":"BTCUSDT","makerCommissionRate":"0.0002","takerCommissionRate":"0.0005"}"#
            ),
            (
                .queryBrackets(symbol),
                #"[{"symbol":"BTCUSDT","notionalCoef":1.5,"brackets":[{"bracket":1,"initialLeverage":125,"notionalCap":50000,"notionalFloor":0,"maintMarginRatio":0.004,"cum":0.0}]}]"#
            ),
            (.queryAssetPrice("BNB"), #"{"symbol":"BNBUSDT","price":"600.5","time":1723161256690}"#),
        ]
    }
}
