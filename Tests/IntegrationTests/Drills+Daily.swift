import Foundation
import RedisTestSupport
import SignalContracts
import StreamBus
import TestSupport
import Testing

// The table "Every day", and what can't be undone.
extension DrillTests {
    static var daily: [Drill] {
        [
            Drill("see that all is well") { run in
                try run.follow("vortexctl doctor", code: nil)
                try run.follow("vortexctl status")
                run.expect("nobody behind") { try run.suite.run("vortexctl lag").exitCode == 0 }
                try run.follow("vortexctl lag")
            },
            Drill("restart one engine") { run in
                let said = try run.follow("vortexctl restart tick-engine")
                #expect(said.contains("tick-engine is back after"))
            },
            Drill("scale an engine") { run in
                let other = worker(run, "tick-engine")
                run.expect("two workers of tick-engine with one contract each") {
                    let lines = try run.suite.run("vortexctl engines").output.split(separator: "\n")
                    return lines.count { $0.contains("tick-engine") } == 2
                }
                other?.kill()
                run.expectTrading()
            },
            Drill("change the configuration") { run in
                let file = run.suite.folder + "/new.yaml"
                try "risk-manager: {risk_per_trade: 0.0004}\n".write(toFile: file, atomically: true, encoding: .utf8)
                #expect(
                    try run.follow("vortexctl config diff NEW.yaml", ["NEW.yaml": file], code: nil).contains(
                        "risk_per_trade"))
                let said = try run.follow("vortexctl -c NEW.yaml config check", ["NEW.yaml": file])
                #expect(said.contains("all 11 services accept it"))
            },
            Drill("upgrade") { run in
                let symbol = try run.bought()
                for service in Monitor.services.filter({ $0 != "executor" }) + ["executor"] {
                    #expect(try run.suite.run("vortexctl restart \(service)").exitCode == 0, "\(service)")
                    #expect(try run.account.held(symbol) == 0 || !run.account.stops(symbol).isEmpty, "\(service)")
                }
                run.expectTrading()
            },
        ]
    }

    static var endings: [Drill] {
        [
            Drill("save") { run in
                try run.follow("vortexctl backup FOLDER", ["FOLDER": run.suite.folder + "/last"])
            },
            Drill("restore", restore),
            // The contract is gone after it.
            Drill("A contract ends") { run in
                run.suite.act(#"{"act":"delivery","symbol":"ETHUSDT","seconds":1795}"#)
                run.expectAlert("delisting")
                run.expect("nothing held") { try run.account.held("ETHUSDT") == 0 }
            },
            Drill("Key rotation") { run in
                // Both accounts of the simulator are flat, as one account is the same under two keys.
                try run.follow("vortexctl stop")
                run.expect("flat") { try run.suite.run("vortexctl close-all").exitCode == 0 }
                try "new-key".write(toFile: run.suite.folder + "/api.key", atomically: true, encoding: .utf8)
                try "new-secret".write(toFile: run.suite.folder + "/api.secret", atomically: true, encoding: .utf8)
                try run.follow("vortexctl restart executor")
                #expect(try run.follow("vortexctl doctor", code: nil).contains("may trade"))
                try run.follow("vortexctl start")
                run.expectTrading()
            },
            Drill("stop") { run in
                let said = try run.follow("make down")
                #expect(said.contains("stopped"))
                let status = try run.suite.run("vortexctl status")
                #expect(status.exitCode == 3, "\(status.output)")
            },
        ]
    }

    private static func restore(_ run: DrillRun) throws {
        let parent = run.suite.folder + "/restored"
        #expect(try run.suite.run("vortexctl backup \(parent)").exitCode == 0)
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: parent).first)
        let saved = ["FOLDER": "\(parent)/\(name)"]
        #expect(try run.suite.run("vortexctl restore \(parent)/\(name)").exitCode == 6, "while services run")
        let before = try run.rows("executions")
        try run.follow("deploy/local/suite.sh supervisor stop suite:* redis")
        try run.suite.run("psql -q '\(run.suite.postgresURL)' -c 'DROP SCHEMA public CASCADE; CREATE SCHEMA public'")
        try run.follow("vortexctl restore FOLDER", saved)
        #expect(try run.rows("executions") <= before)
        try run.follow("deploy/local/suite.sh supervisor start redis suite:*")
        run.expect("the recorder reads again what the streams hold") { try run.rows("executions") >= before }
        run.expectTrading()
    }
}
