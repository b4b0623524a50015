import Foundation
import RedisTestSupport
import TestSupport
import Testing

/// The program behind the suite's own doors (`Harness/door.c`), under the address sanitizer: what breaks memory ends it.
final class Door {
    /// Built once by each process of tests.
    private static let program = Result {
        try Sanitized("door", of: ["CWebSocketServer", "CTlsServer"], libraries: ["ssl", "crypto", "pthread"])
    }

    private let process: ChildProcess
    private let logPath: String
    let certificatePath: String
    let port: Int
    let tlsPort: Int

    /// Starts it with limits of its own: `idle_ms`, `connections_max`, …
    init(_ limits: KeyValuePairs<String, Int> = [:]) throws {
        logPath = "/tmp/vortex7-door-\(UUID().uuidString).log"
        certificatePath = logPath + ".pem"
        let process = try #require(
            ChildProcess(
                try Self.program.get().path, limits.flatMap { [$0.key, "\($0.value)"] },
                environment: Sanitized.environment.merging(["DOOR_CERTIFICATE": certificatePath]) { $1 },
                output: logPath))
        self.process = process
        var ports: [Int] = []
        let path = logPath
        waitUntil {
            let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
            guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("listening ") }) else {
                return !process.isAlive
            }
            ports = line.split(separator: " ").dropFirst().compactMap { Int($0) }
            return true
        }
        try #require(ports.count == 2, "\(path)")
        (port, tlsPort) = (ports[0], ports[1])
    }

    deinit {
        process.kill()
        removeFile(logPath)
        removeFile(certificatePath)
    }

    var log: String { (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? "" }

    func client(receiveRoom: Int32? = nil) throws -> TestClient {
        try #require(TestClient(port: port, receiveRoom: receiveRoom), "\(log)")
    }

    func socket(receiveRoom: Int32? = nil) throws -> TestClient {
        let client = try client(receiveRoom: receiveRoom)
        try #require(client.upgrade("/ws"), "\(log)")
        try #require(client.next() == .text("welcome"))
        return client
    }

    /// Requests that have reached the owner, but for those that ask this.
    func count() throws -> Int {
        try #require((try client()).request("GET", "/count").flatMap { Int($0.body) }, "\(log)")
    }

    /// Ends it in good order: nobody broke its memory, and nothing of it is lost.
    func expectSound(sourceLocation: SourceLocation = #_sourceLocation) {
        // With a wait so short that a busy machine can miss it, it is asked again.
        waitUntil(sourceLocation: sourceLocation) {
            !process.isAlive || TestClient(port: port)?.request("POST", "/echo", body: "alive")?.body == "alive"
        }
        process.signal(SIGTERM)
        let status = process.wait()
        #expect(status == 0, "\(log.suffix(6000))", sourceLocation: sourceLocation)
    }

    var residentMB: Int {
        let lines = (try? String(contentsOfFile: "/proc/\(process.id)/status", encoding: .utf8)) ?? ""
        let line = lines.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        return (line.split(separator: " ").compactMap { Int($0) }.first ?? 0) / 1024
    }
}

/// Waits for a state. That it never came within a minute is a fault of its own.
func waitUntil(sourceLocation: SourceLocation = #_sourceLocation, _ condition: () throws -> Bool) rethrows {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
        if try condition() { return }
        usleep(5000)
    }
    Issue.record("what was waited for never came", sourceLocation: sourceLocation)
}
