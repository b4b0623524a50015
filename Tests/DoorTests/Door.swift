import Foundation
import RedisTestSupport
import TestSupport
import Testing

/// The program behind the suite's own doors (`Harness/door.c`), under the address sanitizer: what breaks memory ends it.
final class Door {
    /// Built once by each process of tests; what the compiler said when it could not.
    private static let built: Result<String, BuildError> = {
        let root = SharedData.packageRoot
        let folder = root.appending(path: ".build/doors"), program = folder.appending(path: "door-\(getpid())").path
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let sources = ["Shared/CWebSocketServer", "Shared/CTlsServer", "Tests/DoorTests/Harness"].flatMap { path in
                let names =
                    (try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: path).path)) ?? []
                return names.filter { $0.hasSuffix(".c") }.map { root.appending(path: "\(path)/\($0)").path }
            }
            let includes = ["CWebSocketServer", "CTlsServer"].map {
                "-I" + root.appending(path: "Shared/\($0)/include").path
            }
            let made = try Subprocess.run(
                "/usr/bin/env",
                ["clang", "-std=gnu17", "-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]
                    + includes + sources + ["-lssl", "-lcrypto", "-lpthread", "-o", program])
            return made.exitCode == 0 ? .success(program) : .failure(BuildError(description: made.output))
        } catch {
            return .failure(BuildError(description: "\(error)"))
        }
    }()

    struct BuildError: Error, CustomStringConvertible { let description: String }

    private let process: ChildProcess
    private let logPath: String
    let certificatePath: String
    let port: Int
    let tlsPort: Int

    /// Starts it with limits of its own: `idle_ms`, `connections_max`, …
    init(_ limits: KeyValuePairs<String, Int> = [:]) throws {
        let program = try Self.built.get()
        logPath = "/tmp/vortex7-door-\(UUID().uuidString).log"
        certificatePath = logPath + ".pem"
        let process = try #require(
            ChildProcess(
                program, limits.flatMap { [$0.key, "\($0.value)"] },
                environment: [
                    "DOOR_CERTIFICATE": certificatePath,
                    // What was freed is not kept for long, so that what is held can be seen from outside.
                    "ASAN_OPTIONS": "detect_leaks=1:quarantine_size_mb=1:exitcode=99",
                ], output: logPath))
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
        if let client = TestClient(port: port) {
            #expect(client.request("POST", "/echo", body: "alive")?.body == "alive", sourceLocation: sourceLocation)
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
