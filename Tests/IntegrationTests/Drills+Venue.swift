import Foundation
import RedisTestSupport
import SignalContracts
import StreamBus
import TestSupport
import Testing

// The venue, the way to it, and the key.
extension DrillTests {
    static var venue: [Drill] {
        [
            Drill("The feed is lost") { run in
                run.suite.fault(#"{"kind":"drop-frames","feed":"market"}"#)
                sleep(6)
                #expect(try run.follow("vortexctl doctor", code: nil).contains("answers in"))
                run.suite.endFaults()
                try run.follow("vortexctl restart data-hub")
                run.expectTrading()
            },
            Drill("The user stream is silent") { run in
                run.suite.fault(#"{"kind":"drop-frames","feed":"user"}"#)
                run.expectAlert("user_stream_silent")
                try run.follow("vortexctl stop")
                run.suite.endFaults()
                try run.suite.run("vortexctl start")
                run.expectTrading()
            },
            Drill("The venue answers slowly") { run in
                run.suite.fault(#"{"kind":"latency","ms":2600}"#)
                run.expect("the log of an emergency or a paused desk") {
                    try run.suite.run("vortexctl doctor").output.contains(/answers in \d{4} ms/)
                }
                #expect(try run.follow("vortexctl doctor", code: nil).contains("answers in"))
                try run.follow("vortexctl stop")
                run.suite.endFaults()
                try run.suite.run("vortexctl start")
                run.expectTrading()
            },
            Drill("The venue bans us") { run in
                run.suite.fault(#"{"kind":"banned","seconds":6,"retryAfter":6}"#)
                run.expect("418 in the log") { run.suite.log("executor").contains(/status"?[:=] ?418/) }
                run.expectTrading()
            },
            Drill("The clock is off", undone: ["timedatectl set-ntp true"]) { run in
                run.suite.fault(#"{"kind":"clock-skew","ms":-2500}"#)
                let said = try run.suite.run("vortexctl doctor").output
                let offset = said.firstMatch(of: /clock .*the venue's is (-?\d+) ms/).flatMap { Int($0.1) } ?? 0
                #expect(offset < -2000, "\(said)")
                run.expectTrading()
            },
        ]
    }
}
