import Foundation
import RedisTestSupport
import SignalContracts
import StreamBus
import TestSupport
import Testing

// Positions, orders and what they cost.
extension DrillTests {
    static var orders: [Drill] {
        [
            Drill("Entries are stopped", short: true) { run in
                try run.suite.run("vortexctl stop")
                run.expect("entries stopped in status") {
                    try run.follow("vortexctl status").contains("ENTRIES STOPPED")
                }
                try run.follow("vortexctl start")
                run.expect("entries accepted") {
                    try run.suite.run("vortexctl status").output.contains("entries accepted")
                }
                try run.suite.run("vortexctl halt")
                run.expect("halted") { try run.suite.run("vortexctl status").output.contains("HALTED") }
                try run.follow("vortexctl resume")
                run.expectTrading()
            },
            Drill("Nothing is traded") { run in
                let now = PaperSuite.nowMs()
                // The word of an executor that never says how the doubt ended.
                _ = try run.suite.redis().command(
                    "XADD", "execution:{ETHUSDT}", "*", "v", "1", "plan", "ETHUSDT-lost", "cause", "\(now)-0",
                    "event_time", "\(now)", "event", "ORDER_UNKNOWN", "state", "ENTRY_SENT", "direction", "LONG",
                    "strategy", "A", "client_order_id", "v7-ETHUSDT-lost-e")
                run.expect("the lock in status") {
                    try run.follow("vortexctl status").contains("an order's outcome is not known")
                }
                let answer = try run.follow("vortexctl why-not SYMBOL", ["SYMBOL": "ETHUSDT"])
                #expect(answer.contains("entries now: "), "\(answer)")
                run.expectAlert("lock_without_doubt", within: 100)
                run.expect("no lock in status") {
                    try !run.suite.run("vortexctl status").output.contains("an order's outcome is not known")
                }
                try run.follow("vortexctl config check")
            },
            Drill("Stops that are cancelled", short: true) { run in
                let symbol = try run.bought()
                run.expect("somebody cancels its stop") {
                    run.suite.act(#"{"act":"cancel-stops","account":"paper-key","symbol":"\#(symbol)"}"#)
                    return try run.suite.entries("alert").last?.fields["event"] == "stop_cancelled"
                }
                run.expect("another one stands") { try !run.account.stops(symbol).isEmpty }
                try run.follow("vortexctl start")
            },
            Drill("A position without a stop") { run in
                try run.flatten()
                run.suite.fault(#"{"kind":"no-answer","executed":false,"route":"POST /fapi/v1/algoOrder"}"#)
                try run.buy()
                run.expectAlert("position_naked")
                try run.follow("vortexctl status")
                run.expect("closed") { try run.account.held("BTCUSDT") == 0 }
                run.suite.endFaults()
                let symbol = try run.bought()
                try run.follow("vortexctl close SYMBOL", ["SYMBOL": symbol])
                run.expect("closed") { try run.account.held(symbol) == 0 }
            },
            Drill("An order of unknown outcome") { run in
                run.suite.fault(
                    #"{"kind":"server-error","form":"timeout","executed":false,"route":"POST /fapi/v1/order","count":2}"#
                )
                run.expectEvent("ORDER_UNKNOWN")
                run.expectEvent("ORDER_RESOLVED")
            },
            Drill("The venue holds something else than we") { run in
                let symbol = try run.bought()
                run.expectAlert("position_adopted")
                #expect(try run.follow("vortexctl status").contains(symbol))
                let plan = try #require(try run.events("POSITION_ADOPTED").last?.fields["plan"])
                try run.follow("vortexctl why ID", ["ID": plan], code: nil)
                try run.flatten()
            },
            Drill("The equity falls") { run in
                run.expectEvent("POSITION_CLOSED", within: 60)
                let plan = try #require(try run.events("POSITION_CLOSED").last?.fields["plan"])
                #expect(try run.follow("vortexctl why ID", ["ID": plan]).contains(plan))
                try run.follow("vortexctl halt")
                run.expect("halted") { try run.suite.run("vortexctl status").output.contains("HALTED") }
                try run.follow("vortexctl resume")
                run.expectTrading()
            },
        ]
    }
}
