import TradingPrimitives

/// One thing that goes wrong during chaos.
enum Trouble {
    /// kill -9, and a start after a moment.
    case kill(Target, downMs: Int)
    /// SIGSTOP, and SIGCONT after a moment.
    case pause(Target, ms: Int)
    /// A rule for the venue. `impairsMs`: for how long nobody could protect a position while it holds.
    case fault(String, impairsMs: Int)
    /// What somebody does beside the suite.
    case act(String)
    /// A contract stops trading for a moment.
    case halt(String, ms: Int)

    enum Target: Equatable {
        case service(String), redis, postgres
    }

    /// Draws the next one. What a venue can do to make the invariants impossible is not among them.
    static func draw(_ random: inout SplitMix64, services: [String], symbols: [String]) -> Trouble {
        func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
        func one<Value>(_ values: [Value]) -> Value { values[below(values.count)] }
        let symbol = one(symbols)
        switch below(100) {
        case ..<22: return .kill(.service(one(services)), downMs: below(500))
        // Those that hold what must not be lost, more often than their number asks for.
        case ..<30: return .kill(.service(one(["executor", "trade-recorder", "risk-manager"])), downMs: below(800))
        case ..<40: return .pause(.service(one(services)), ms: 300 + below(4000))
        case ..<43: return .kill(.redis, downMs: below(1500))
        case ..<46: return .pause(.redis, ms: 300 + below(2500))
        case ..<50: return .kill(.postgres, downMs: below(3000))
        case ..<53: return .pause(.postgres, ms: 300 + below(3000))
        case ..<86: return fault(below(24), symbol, executed: below(2) == 0, seconds: 1 + below(4), part: 1 + below(9))
        case ..<88: return .halt(symbol, ms: 500 + below(2500))
        default: return act(below(8), symbol, isUp: below(2) == 0)
        }
    }

    private static func fault(_ number: Int, _ symbol: String, executed: Bool, seconds: Int, part: Int) -> Trouble {
        func rule(_ text: String, impairs: Int = 0) -> Trouble { .fault("{\(text)}", impairsMs: impairs) }
        switch number {
        case ..<9: return callFault(number, executed: executed, seconds: seconds, part: part)
        case 9: return rule(#""kind":"latency","ms":\#(part * 30),"seconds":\#(seconds)"#)
        case 10:
            let ms = executed ? 1500 : -1500
            return rule(#""kind":"clock-skew","ms":\#(ms),"seconds":\#(seconds)"#, impairs: seconds * 1000 + 2000)
        case 11:
            return rule(#""kind":"drop-frames","feed":"user","seconds":\#(seconds)"#, impairs: seconds * 1000 + 5000)
        case 12: return rule(#""kind":"drop-frames","feed":"market","symbol":"\#(symbol)","seconds":\#(seconds)"#)
        case 13:
            return rule(
                #""kind":"delay-frames","feed":"user","ms":\#(part * 90),"probability":0.5,"seconds":5"#, impairs: 6000)
        case 14: return rule(#""kind":"duplicate-frames","feed":"user","probability":0.5,"seconds":10"#)
        case 15: return rule(#""kind":"reorder-frames","feed":"user","ms":300,"probability":0.3,"seconds":10"#)
        case 16:
            let kind = ["all", "http", "market", "user"][part % 4]
            let impairs = kind == "market" ? 0 : seconds * 1000 + 4000
            return rule(#""kind":"partition","connections":"\#(kind)","seconds":\#(seconds)"#, impairs: impairs)
        case 17: return rule(#""kind":"reject-stop","code":\#(executed ? -2021 : -4045),"count":1"#)
        case 18: return rule(#""kind":"reject-trigger","count":1"#)
        case 19: return rule(#""kind":"hide-stop","ms":\#(seconds * 1000),"count":2"#)
        case 20: return rule(#""kind":"throttle-entries","seconds":\#(seconds)"#)
        case 21: return rule(#""kind":"fill-on-cancel","count":2,"fraction":0.\#(part)"#)
        case 22: return rule(#""kind":"partial-fills","count":4,"fraction":0.\#(part)"#)
        default:
            return executed
                ? rule(#""kind":"freeze-market","symbol":"\#(symbol)","seconds":\#(seconds)"#)
                : rule(#""kind":"\#(part % 2 == 0 ? "absurd-prices" : "crossed-books")","count":3"#)
        }
    }

    /// What happens to calls: of entries and exits, or of stops, which leaves a position naked for a moment.
    private static func callFault(_ number: Int, executed: Bool, seconds: Int, part: Int) -> Trouble {
        let isStop = part % 2 == 1
        let route = "\"route\":\"POST /fapi/v1/\(isStop ? "algoOrder" : "order")\",\"seconds\":4"
        let count = #""count":\#(1 + part % 3)"#
        func rule(_ text: String, impairs: Int) -> Trouble { .fault("{\(text)}", impairsMs: impairs) }
        let done = #""executed":\#(executed)"#
        switch number {
        case 0, 1: return rule(#""kind":"server-error",\#(done),\#(count),\#(route)"#, impairs: isStop ? 8000 : 0)
        case 2:
            return rule(
                #""kind":"server-error","form":"timeout",\#(done),"count":1,\#(route)"#, impairs: isStop ? 8000 : 0)
        case 3, 4:
            let form = number == 3 ? "unavailable" : "internal"
            return rule(#""kind":"server-error","form":"\#(form)",\#(count),\#(route)"#, impairs: isStop ? 6000 : 0)
        case 5, 6: return rule(#""kind":"no-answer",\#(done),"count":1,\#(route)"#, impairs: isStop ? 10_000 : 0)
        case 7: return rule(#""kind":"reset",\#(done),\#(count),"seconds":4"#, impairs: 6000)
        default:
            let span = #""seconds":\#(seconds),"retryAfter":\#(seconds)"#
            let kind = executed ? "too-many-requests" : "banned"
            return rule(#""kind":"\#(kind)",\#(span)"#, impairs: seconds * 1000 + 3000)
        }
    }

    private static func act(_ number: Int, _ symbol: String, isUp: Bool) -> Trouble {
        let contract = #""symbol":"\#(symbol)""#
        switch number {
        case 0: return .act(#"{"act":"close",\#(contract)}"#)
        case 1: return .act(#"{"act":"cancel-stops",\#(contract)}"#)
        case 2: return .act(#"{"act":"cancel-orders",\#(contract)}"#)
        case 3: return .act(#"{"act":"deleverage",\#(contract),"fraction":0.4}"#)
        case 4, 5: return .act(#"{"act":"gap",\#(contract),"percent":\#(isUp ? 0.4 : -0.4)}"#)
        case 6: return .act(#"{"act":"expire-listen-key"}"#)
        default: return .act(#"{"act":"cut","connections":"\#(isUp ? "user" : "all")"}"#)
        }
    }
}
