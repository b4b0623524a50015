import Foundation
import RedisTestSupport
import ServiceKit
import StreamBus
import TestSupport
import Testing

/// A service whose metrics port another program has.
@Suite(.serialized)
struct MetricsPortTests {
    @Test func `a taken metrics port stops no service, and is had when it is free`() throws {
        let server = try #require(RedisServer())
        let port = freePort()
        let thief = try #require(
            ChildProcess("python3", ["-m", "http.server", "--bind", "127.0.0.1", "\(port)"], output: "/dev/null"))
        func ask(_ path: String) -> String {
            (try? Subprocess.run("/usr/bin/curl", ["-s", "-m", "5", "http://127.0.0.1:\(port)/\(path)"]).output) ?? ""
        }
        #expect(poll { ask("healthz").contains("Error response") })
        let file = server.directory + "/suite.yaml", log = server.directory + "/engine.log"
        try #require(
            writeFile(
                file, "symbols: [BTCUSDT]\nredis: {url: \"\(server.address)\"}\ntick-engine: {metrics_port: \(port)}\n")
        )
        let engine = try #require(
            ChildProcess("\(PaperSuite.programs)/tick-engine", ["-c", file], output: log))
        defer { engine.kill() }
        func said(_ event: String) throws -> Bool {
            try Subprocess.run("/bin/cat", [log]).output.contains("\"event\":\"\(event)\"")
        }
        #expect(poll { try said("metrics_port_taken") })
        let redis = try server.client()
        // It works: it has made its group on the stream that it reads.
        #expect(poll { try redis.command("EXISTS", "md.trade:{BTCUSDT}").integer == 1 })
        let doctor = try Subprocess.run("\(PaperSuite.programs)/vortexctl", ["-c", file, "doctor"]).output
        #expect(doctor.contains("port \(port) of tick-engine is held by another program"), "\(doctor)")
        thief.kill()
        #expect(poll { ask("healthz").contains(#""service":"tick-engine""#) })
        let count = ask("metrics").split(separator: "\n").first { $0.hasPrefix("vortex7_metrics_port_refusals_total") }
        #expect(count.flatMap { Double($0.split(separator: " ").last ?? "") } ?? 0 >= 1)
        #expect(try said("metrics_port_had"))
    }
}
