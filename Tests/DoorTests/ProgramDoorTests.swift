import Foundation
import RedisTestSupport
import TestSupport
import Testing

/// The same malice against the programs themselves, as they are built.
struct ProgramDoorTests {
    private final class Program {
        private let process: ChildProcess
        private let folder: String
        let port: Int

        /// Nothing of a suite is there: no Redis, no database. `isHeard`: whether somebody reads its log.
        init(
            _ name: String, isHeard: Bool = true, _ arguments: (_ port: Int, _ folder: String) throws -> [String]
        ) throws {
            let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
            let path = URL(filePath: bundle).deletingLastPathComponent().appending(path: name).path
            port = freePort()
            folder = "/tmp/vortex7-door-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let words = try arguments(port, folder)
            let unheard = ["-c", "exec \"$0\" \"$@\" 2> >(exec true)", path] + words
            process = try #require(
                ChildProcess(isHeard ? path : "/bin/bash", isHeard ? words : unheard, output: "\(folder)/log"))
            let (port, process) = (port, process)
            waitUntil { TestClient(port: port) != nil || !process.isAlive }
        }

        deinit {
            process.kill()
            try? FileManager.default.removeItem(atPath: folder)
        }

        var isAlive: Bool { process.isAlive }
        var log: String { (try? String(contentsOfFile: "\(folder)/log", encoding: .utf8)) ?? "" }
    }

    /// Every form, and then requests that are cut anywhere and answers that nobody reads.
    private func treatBadly(_ program: Program, path: String, question: String, crowd size: Int) throws {
        for form in UpgradeForms.malformed(path: path) {
            let client = try #require(TestClient(port: program.port), "after \(form.what): \(program.log)")
            client.write(form.bytes)
            #expect(client.answer()?.status == form.status, "\(form.what)")
            #expect(client.rest()?.isEmpty == true, "\(form.what)")
        }
        for form in UpgradeForms.wellFormed(path: path) {
            let client = try #require(TestClient(port: program.port), "after \(form.what): \(program.log)")
            client.write(form.bytes + TestClient.frame(0x81, Array("}{".utf8)) + [0xFF, 0xFF, 0xFF])
            client.finish()
            #expect(client.rest()?.isEmpty == false, "\(form.what)")
        }
        let request = "GET \(question) HTTP/1.1\r\nHost: localhost:\(program.port)\r\n\r\n"
        let deaf = try #require(TestClient(port: program.port, receiveRoom: 4096))
        for _ in 0..<500 { _ = deaf.writeWhatFits(Array(request.utf8)) }
        for cut in stride(from: 0, through: request.utf8.count, by: 5) {
            TestClient(port: program.port)?.write(String(request.prefix(cut)))
        }
        let crowd = (0..<size).map { _ in TestClient(port: program.port) }
        let client = try #require(TestClient(port: program.port))
        client.write(request)
        #expect(client.answer()?.status == 200, "\(program.log.suffix(2000))")
        #expect(program.isAlive)
        withExtendedLifetime((deaf, crowd)) {}
    }

    @Test func `the simulator outlives its worst clients`() throws {
        let simulator = try Program("exchange-simulator") { port, folder in
            [
                "run", "--port", "\(port)", "--symbols", "BTCUSDT", "--seed", "3", "--tls-port", "0",
                "--tls-certificate", "\(folder)/venue.pem",
            ]
        }
        try treatBadly(simulator, path: "/market/ws", question: "/fapi/v1/exchangeInfo", crowd: 560)
        try treatBadly(
            simulator, path: "/ws-fapi/v1", question: "/fapi/v1/klines?symbol=BTCUSDT&interval=1m&limit=1000", crowd: 0)
    }

    private func dashboard(isHeard: Bool = true) throws -> Program {
        try Program("dashboard", isHeard: isHeard) { port, folder in
            let web = SharedData.packageRoot.appending(path: "Services/Dashboard/web").path
            try "// none".write(toFile: "\(folder)/charts.js", atomically: true, encoding: .utf8)
            try """
            redis: {url: "unix://\(folder)/nowhere.sock"}
            dashboard: {port: \(port), passwords: \(folder), web: "\(web)", chart_library: "\(folder)/charts.js"}

            """.write(toFile: "\(folder)/settings.yaml", atomically: true, encoding: .utf8)
            return ["-c", "\(folder)/settings.yaml"]
        }
    }

    @Test func `the dashboard outlives its worst clients`() throws {
        try treatBadly(try dashboard(), path: "/api/v1/live", question: "/", crowd: 300)
    }

    @Test func `a service whose log nobody reads goes on`() throws {
        let dashboard = try dashboard(isHeard: false)
        // Each refusal is a line of the log.
        for _ in 0..<20 {
            let client = try #require(TestClient(port: dashboard.port))
            let answer = client.request(
                "POST", "/api/v1/session",
                headers: ["Host: localhost:\(dashboard.port)", "Content-Type: application/json"],
                body: #"{"user":"viewer","password":"wrong"}"#)
            #expect(answer != nil)
        }
        #expect(dashboard.isAlive)
    }
}
