import Foundation
import RedisTestSupport
import SignalContracts
import StreamBus
import TestSupport
import Testing

// Services that are down or behind, and what they could not read.
extension DrillTests {
    static var services: [Drill] {
        [
            // First, while nothing has been disturbed.
            Drill("I do not believe what I see") { run in
                // The minute of the start is left out: in which order its first words reached whom is not in the streams.
                run.expect("a minute of decisions behind that of the start") {
                    let decisions = try run.suite.entries("decision:{BTCUSDT}")
                    guard let first = decisions.first, let last = decisions.last else { return false }
                    return last.id.milliseconds - first.id.milliseconds > 75_000
                }
                let file = run.suite.folder + "/capture"
                try run.follow("vortexctl capture FILE --last 10", ["FILE": file, "last 10": "last 1"])
                try run.follow("vortexctl replay FILE", ["FILE": file])
                let stream = "decision:{BTCUSDT}", decision = try #require(try run.suite.entries(stream).last)
                let id = try #require(decision.fields["id"]), entry = decision.id.description
                let way = try run.follow("vortexctl trace ID", ["ID": id])
                #expect(way.contains("md.") && way.contains("signal:{BTCUSDT}") && way.contains(entry), "\(way)")
                #expect(try run.follow("vortexctl why ID", ["ID": id]).contains(id))
                let whole = try run.follow(
                    "redis-cli -s var/run/redis.sock XRANGE 'STREAM' ENTRY ENTRY", ["STREAM": stream, "ENTRY": entry])
                #expect(whole.contains(id) && whole.contains("cause"), "\(whole)")
            },
            Drill("A service is down", short: true) { run in
                try run.suite.signal("tick-engine", "KILL")
                run.expect("supervisord starts it again") {
                    try run.suite.supervisor("status suite:tick-engine").output.contains("RUNNING")
                }
                #expect(try run.follow("vortexctl status").contains("tick-engine"))
                try run.follow("vortexctl doctor", code: nil)
                try run.follow("vortexctl config check")
                let said = try run.follow("vortexctl restart SERVICE", ["SERVICE": "tick-engine"])
                #expect(said.contains("tick-engine is back after"))
            },
            Drill("An entry could not be read", short: true) { run in
                _ = try run.suite.redis().command("XADD", "decision:{BTCUSDT}", "*", "v", "1", "id", "?")
                run.expect("a dead letter") { try !run.suite.entries("dead:{BTCUSDT}").isEmpty }
                let list = try run.follow("vortexctl dlq list")
                #expect(list.contains("decision:{BTCUSDT}"))
                let id = try #require(try run.suite.entries("dead:{BTCUSDT}").first?.id.description)
                #expect(try run.follow("vortexctl dlq show ID", ["ID": id]).contains("?"))
                try run.follow("vortexctl dlq retry ID", ["ID": id])
            },
            Drill("A gap in a stream") { run in
                try run.suite.supervisor("stop suite:tick-engine")
                let before = try run.suite.entries("md.trade:{BTCUSDT}").last?.id
                run.expect("trades that nobody has read") {
                    try run.suite.entries("md.trade:{BTCUSDT}").last?.id != before
                }
                _ = try run.suite.redis().command("XTRIM", "md.trade:{BTCUSDT}", "MAXLEN", "0")
                try run.suite.supervisor("start suite:tick-engine")
                run.expectAlert("stream_gap")
                try run.follow("vortexctl lag", code: nil)
            },
            Drill("A service is far behind") { run in
                try run.suite.signal("tick-engine", "STOP")
                run.expect("a service that is behind") { try run.suite.run("vortexctl lag").exitCode == 1 }
                #expect(try run.follow("vortexctl lag", code: 1).contains("tick-engine"))
                let other = worker(run, "tick-engine")
                run.expect("another worker catches up") { try run.suite.run("vortexctl lag").exitCode == 0 }
                try run.suite.signal("tick-engine", "CONT")
                other?.kill()
            },
        ]
    }

    /// One more worker of a service, beside supervisord's.
    static func worker(_ run: DrillRun, _ service: String) -> ChildProcess? {
        let start = "eval $(deploy/local/suite.sh env | sed 's/^export //; s/^/export /'); exec "
        return ChildProcess(
            "/bin/bash",
            [
                "-c",
                "cd \(SharedData.packageRoot.path); export VORTEX7_VAR=\(run.suite.variables); "
                    + "\(start)\(PaperSuite.programs)/\(service) -c \(run.suite.folder)/suite.yaml",
            ], output: run.suite.folder + "/worker.log")
    }
}
