import Foundation
import TestSupport
import Testing
import TradingPrimitives

@testable import ExchangeSimulator

struct FaultJSONTests {
    private let world = World()

    private func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "taken"
        } catch {
            if let refusal = error as? Refusal { return refusal.message }
            return "\(error)"
        }
    }

    @Test(arguments: FaultKind.allCases) func `each kind is read with all that it takes, and written back`(
        kind: FaultKind
    ) throws {
        let samples: [FaultArgument: String] = [
            .route: #""POST /fapi/v1/order""#, .symbol: #""BTCUSDT""#, .clientIdPrefix: #""v7-""#,
            .clientIdSuffix: #""-sl1""#, .feed: #""user""#, .stream: #""depth""#, .code: "-4045",
            .message: #""no""#, .status: "503", .form: #""timeout""#, .executed: "true", .ms: "1500",
            .fraction: "0.25", .factor: "100", .retryAfter: "30", .connections: #""http""#,
        ]
        let members = kind.arguments.map { "\"\($0.rawValue)\":\(samples[$0] ?? "")" }.joined(separator: ",")
        let text = #"{"kind":"\#(kind.rawValue)","count":3,"seconds":1.5,"probability":0.5,\#(members)}"#
        let fault = try world.exchange.fault(text.utf8)
        #expect(fault.count == 3 && fault.lifeMs == 1500 && fault.probability == 0.5)
        var venue = world.exchange
        #expect(venue.faults.add(fault, now: venue.now) == 1)
        let written = String(decoding: venue.faultsJSON(), as: UTF8.self)
        for argument in kind.arguments {
            let sample = samples[argument] ?? ""
            #expect(
                written.contains("\"\(argument.rawValue)\":\(sample)")
                    || written.contains("\"\(argument.rawValue)\":\"\(sample)\""), "\(argument) in \(written)")
        }
        #expect(String(decoding: Exchange.faultKindsJSON(), as: UTF8.self).contains(#""kind":"\#(kind.rawValue)""#))
    }

    @Test(arguments: [
        ("{}", "a fault needs 'kind'"),
        ("[]", #"one JSON object is expected, like {"kind":"reject-stop","count":1}"#),
        (
            #"{"kind":"reject-stop","msg":"x"}"#,
            "'msg' means nothing to reject-stop; it takes kind, count, seconds, probability, symbol, "
                + "clientIdPrefix, clientIdSuffix, code, message, status"
        ),
        (#"{"kind":"latency","ms":-1}"#, "'ms' must be 0…86400000, not '-1'"),
        (#"{"kind":"latency","count":0}"#, "'count' must be 1…1000000, not '0'"),
        (#"{"kind":"hide-stop","symbol":"XUSDT"}"#, "'symbol' must be one of BTCUSDT, not 'XUSDT'"),
        (
            #"{"kind":"refuse-call","route":"/fapi/v1/order"}"#,
            "'route' must be one of the venue's, like POST /fapi/v1/order"
        ),
        (
            #"{"kind":"server-error","form":"unavailable","executed":true}"#,
            "'unavailable' says that nothing was executed; leave 'executed' out"
        ),
        (#"{"kind":"no-answer","executed":"maybe"}"#, "'executed' must be true or false, not 'maybe'"),
        (#"{"kind":"reset","count":[1]}"#, "'count' must be a string, a number, true or false"),
        (#"{"kind":"reset","count":1,"count":2}"#, "'count' is there twice"),
    ])
    func `what can't be followed is refused in words that mend it`(text: String, words: String) {
        #expect(message { _ = try world.exchange.fault(text.utf8) } == words)
    }

    @Test func `an unknown kind is told the known ones`() {
        let words = message { _ = try world.exchange.fault(#"{"kind":"earthquake"}"#.utf8) }
        #expect(words.hasPrefix("'kind' must be one of refuse-call, ") && words.hasSuffix("not 'earthquake'"))
        let acts = message { _ = try world.exchange.act(#"{"act":"dance"}"#.utf8) }
        #expect(acts.contains("margin-type") && acts.hasSuffix("not 'dance'"))
        #expect(
            message { _ = try world.exchange.act(#"{"act":"gap","symbol":"BTCUSDT"}"#.utf8) } == "gap needs 'percent'")
        let account = #"{"act":"close","symbol":"BTCUSDT","account":"two"}"#
        #expect(
            message { _ = try world.exchange.act(account.utf8) } == "'account' must be one of one, not 'two'")
        #expect(
            message { _ = try world.exchange.act(#"{"act":"settle","symbol":"BTCUSDT","on":true}"#.utf8) }
                == "'on' means nothing to settle; it takes act, symbol")
    }

    @Test func `each act does what it says`() throws {
        var world = World()
        world.book("60000:2 59990:30", "60000.1:5 60001:30")
        world.trade("60000", "0.01", .sell)
        world.advance(1000)
        func act(_ text: String) throws {
            _ = try world.exchange.perform(try world.exchange.act(text.utf8))
        }
        _ = world.exchange.faults.add(Fault(.rejectOrder), now: world.exchange.now)
        let order = #"{"act":"order","symbol":"BTCUSDT","type":"LIMIT","timeInForce":"GTC","quantity":"0.1","#
        try act(order + #""side":"BUY","price":"60000.1","newClientOrderId":"hand"}"#)
        #expect(world.position.amount == World.quantity("0.1"))
        try act(
            #"{"act":"stop","symbol":"BTCUSDT","side":"SELL","type":"STOP_MARKET","triggerPrice":"59000","#
                + #""closePosition":"true","clientAlgoId":"s"}"#)
        #expect(world.exchange.algoOrders.last?.status == .new)
        try act(#"{"act":"cancel-stop","clientAlgoId":"s"}"#)
        #expect(world.exchange.algoOrders.last?.status == .canceled)
        try act(#"{"act":"cancel-stops","symbol":"BTCUSDT"}"#)
        try act(order + #""side":"BUY","price":"59000","newClientOrderId":"rest"}"#)
        try act(#"{"act":"cancel-order","symbol":"BTCUSDT","origClientOrderId":"rest"}"#)
        #expect(world.exchange.orders.last?.status == .canceled)
        try act(order + #""side":"BUY","price":"59000"}"#)
        try act(#"{"act":"cancel-orders","symbol":"BTCUSDT"}"#)
        #expect(world.exchange.orders.last?.status == .canceled)
        try act(#"{"act":"deleverage","symbol":"BTCUSDT","fraction":"0.5"}"#)
        try act(#"{"act":"close","symbol":"BTCUSDT"}"#)
        #expect(world.position.isFlat)
        try act(#"{"act":"margin-type","symbol":"BTCUSDT","marginType":"ISOLATED"}"#)
        try act(#"{"act":"leverage","symbol":"BTCUSDT","leverage":3}"#)
        #expect(world.position.isIsolated && world.position.leverage == 3)
        try act(#"{"act":"hedge-mode","on":true}"#)
        #expect(world.exchange.accounts[0].isHedged)
        try act(#"{"act":"hedge-mode","on":false}"#)
        try act(#"{"act":"transfer","amount":-1000}"#)
        #expect(world.exchange.accounts[0].totals[.transfer] == Notional("9000"))
        try act(order + #""side":"SELL","price":"60000"}"#)
        try act(#"{"act":"liquidate","symbol":"BTCUSDT"}"#)
        try act(order + #""side":"SELL","price":"59990"}"#)
        try act(#"{"act":"settle","symbol":"BTCUSDT"}"#)
        #expect(world.position.isFlat)
        try act(#"{"act":"gap","symbol":"BTCUSDT","percent":-2.5}"#)
        #expect(world.exchange.books[0].lastPrice < World.price("58600"))
        try act(#"{"act":"filters","symbol":"BTCUSDT","tickSize":"0.5","maxLeverage":5}"#)
        #expect(world.exchange.instruments[0].rules.tickSize == World.price("0.5"))
        let traded = world.exchange.books[0].lastAggregateId
        try act(#"{"act":"flood","symbol":"BTCUSDT","seconds":1,"perSecond":2000}"#)
        world.exchange.advance(to: world.exchange.now + 2000)
        #expect(1900...2100 ~= world.exchange.books[0].lastAggregateId - traded)
        try act(#"{"act":"delivery","symbol":"BTCUSDT","seconds":3600}"#)
        #expect(world.exchange.instruments[0].deliveryTime == world.exchange.now + 3_600_000)
        try act(#"{"act":"status","symbol":"BTCUSDT","status":"HALT"}"#)
        #expect(world.exchange.books[0].status == .halt)
        try act(#"{"act":"expire-listen-key"}"#)
        try act(#"{"act":"cut","connections":"market"}"#)
        #expect(world.exchange.faults.rules.map(\.fired) == [0])
        try act(#"{"act":"end-faults"}"#)
        #expect(world.exchange.faults.isEmpty)
    }

    @Test func `a script is followed in the order of its times`() throws {
        let text = """
            # A bad minute.

            20 {"act":"end-faults"}
            2.5 {"kind":"reject-stop","count":1}
            2.5 {"act":"gap","symbol":"BTCUSDT","percent":"-5"}
            """
        var script = try FaultScript(text, for: world.exchange)
        #expect(script.nextMs == 2500 && script.next(dueMs: 2499) == nil)
        #expect(script.next(dueMs: 2500)?.text == #"{"kind":"reject-stop","count":1}"#)
        guard case .act(.gap(instrument: 0, let share))? = script.next(dueMs: 60_000)?.step else {
            Issue.record("no gap")
            return
        }
        #expect(share == Ratio("-0.05"))
        #expect(script.next(dueMs: 60_000)?.text == #"{"act":"end-faults"}"# && script.isEnded)
    }

    @Test(arguments: [
        ("1 {}\n", "line 1: a fault needs 'kind'"),
        (
            "# x\nsoon {\"kind\":\"reset\"}",
            "line 2: seconds from the start and a JSON object are expected, "
                + "not 'soon {\"kind\":\"reset\"}'"
        ),
        ("\n\n3", "line 3: seconds from the start and a JSON object are expected, not '3'"),
    ])
    func `a script with a bad line is refused by its number`(text: String, words: String) {
        #expect(message { _ = try FaultScript(text, for: world.exchange) } == words)
    }
}

/// The page about faults: what it shows can be said to the venue as it stands.
struct FaultPageTests {
    @Test func `each rule and act of the page is taken, and none is missing there`() throws {
        let file = SharedData.packageRoot.appending(path: "docs/exchange-simulator.md")
        let page = try String(contentsOf: file, encoding: .utf8)
        let start = try #require(page.range(of: "## Faults on request")?.lowerBound)
        let end = try #require(page.range(of: "## The synthetic market")?.lowerBound)
        let examples = page[start..<end].matches(of: /\{"(?:kind|act)":[^}]*\}/).map { String($0.output) }
        let venue = World(["BTCUSDT", "ETHUSDT"]).exchange
        var named: Set<String> = []
        for example in examples {
            #expect(throws: Never.self, "\(example)") { _ = try venue.step(example.utf8) }
            named.insert(String(example.split(separator: "\"")[3]))
        }
        let kinds = String(decoding: Exchange.faultKindsJSON(), as: UTF8.self)
        let known = kinds.matches(of: /"(?:kind|act)":"([a-z-]+)"/).map { String($0.output.1) }
        #expect(known.count > 40 && Set(known) == named, "\(Set(known).symmetricDifference(named))")
    }
}
