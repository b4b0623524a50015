import Foundation
import TestSupport
import Testing

private enum BuiltProgram {
    /// `exchange-simulator`, beside the bundle of tests.
    static var url: URL? {
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        let program = URL(filePath: bundle).deletingLastPathComponent().appending(path: "exchange-simulator")
        return FileManager.default.isExecutableFile(atPath: program.path) ? program : nil
    }
}

/// The program itself: its exit codes, its first line, its end.
@Suite(.serialized, .enabled(if: BuiltProgram.url != nil, "needs exchange-simulator, built beside the tests"))
struct CommandTests {
    private func start(_ arguments: [String]) throws -> (process: Process, errors: Pipe) {
        let program: URL = try #require(BuiltProgram.url)
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        let errors = Pipe()
        process.standardError = errors
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        return (process, errors)
    }

    @Test(arguments: [
        (["--help"], 0), (["--version"], 0), ([], 4), (["dance"], 4), (["run", "--speed", "2"], 4),
        (["run", "--factor", "fast"], 4), (["run", "--factor", "0"], 4), (["run", "--port"], 4),
        (["run", "--symbols", "BTC USDT"], 4), (["run", "--start", "yesterday"], 4),
        (["run", "--faults", "/nowhere"], 4), (["run", "--faults", "/etc/hostname"], 4),
        (["run", "--lateness", "sometimes"], 4),
        (["run", "--data", "/nowhere"], 2),
        (["calibrate", "--data", "/nowhere"], 2), (["run", "--data", "/dev/null"], 1),
    ])
    func `each end has its exit code`(arguments: [String], expected: Int) throws {
        let (process, _) = try start(arguments)
        process.waitUntilExit()
        #expect(Int(process.terminationStatus) == expected, "\(arguments)")
    }

    @Test func `the first line says where it serves, and SIGTERM ends it`() throws {
        let (process, errors) = try start(["run", "--port", "0", "--symbols", "SOLUSDT", "--factor", "5"])
        let line = String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self)
        for word in [#""event":"serving""#, #""mode":"synthetic""#, #""symbols":"SOLUSDT""#, #""factor":"5.0""#] {
            #expect(line.contains(word), "\(line)")
        }
        let port = try #require(
            line.firstRange(of: "http://127.0.0.1:").flatMap { Int(line[$0.upperBound...].prefix { $0.isNumber }) })
        let stream = try #require(TestClient(port: port))
        #expect(stream.upgrade("/public/ws/solusdt@bookTicker"))
        let (second, _) = try start(["run", "--port", "\(port)"])
        second.waitUntilExit()
        #expect(second.terminationStatus == 1)
        process.terminate()
        var last: TestClient.Frame?
        while let frame = stream.next() { last = frame }
        #expect(last == .close(1001))
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    @Test func `a played recording ends, says so and serves on`() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "SOLUSDT-aggTrades-\(UUID().uuidString).csv")
        let rows = (0..<20).map {
            "\($0),150.\($0 + 10),1.5,\($0),\($0),\(1_700_000_000_000 + $0 * 500),\($0 % 2 == 0)\n"
        }
        try Data(rows.joined().utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let (process, errors) = try start([
            "run", "--port", "0", "--data", file.path, "--factor", "50", "--history", "synthetic",
        ])
        defer { process.terminate() }
        var text = ""
        while !text.contains("the recording has ended") {
            let more = errors.fileHandleForReading.availableData
            if more.isEmpty { break }
            text += String(decoding: more, as: UTF8.self)
        }
        #expect(text.contains(#""mode":"recorded""#) && text.contains("2023-11-14T22:13:20.000Z"))
        let port = try #require(
            text.firstRange(of: "http://127.0.0.1:").flatMap { Int(text[$0.upperBound...].prefix { $0.isNumber }) })
        let client = try #require(TestClient(port: port))
        #expect(client.request("GET", "/sim/v1/status")?.body.contains(#""ended":true"#) == true)
        #expect(client.request("GET", "/fapi/v1/ticker/price?symbol=SOLUSDT")?.body.contains("150.29") == true)
        let candles = client.request("GET", "/fapi/v1/klines?symbol=SOLUSDT&interval=15m&limit=1500")?.body ?? ""
        #expect(candles.split(separator: "],[").count > 500)
        let status = client.request("GET", "/sim/v1/status")?.body ?? ""
        #expect(status.contains(#""rows":20,"skipped":0,"doubled":0,"gaps":0,"missing":0,"leaps":0"#), "\(status)")
        #expect(text.contains(#""rows":"20","skipped":"0","doubled":"0""#) && text.contains("the past is synthetic"))
    }

    @Test func `a past of the same time at another price, and a damaged recording, end the start with a reason`() throws
    {
        let maker = try ArchiveMaker()
        let text = ArchiveMaker.text(ArchiveMaker.rows())
        let data = try maker.file(text)
        func end(_ arguments: [String]) throws -> (code: Int32, text: String) {
            let (process, errors) = try start(["run", "--port", "0"] + arguments)
            let text = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
            process.waitUntilExit()
            return (process.terminationStatus, text)
        }
        let rows = ArchiveMaker.candles(1500, price: 28_000)
        let past = try maker.file(ArchiveMaker.text(rows, header: ArchiveMaker.candleHeader), "BTCUSDT-1m.csv")
        let other = try end(["--data", data, "--history", past])
        #expect(other.code == 1 && other.text.contains("does not lead up to the recording"), "\(other)")
        let cut = try maker.file(Data(try maker.gzip(text).dropLast(2000)), "BTCUSDT-aggTrades-2025-01-01.csv.gz")
        let damaged = try end(["--data", cut])
        #expect(damaged.code == 1 && damaged.text.contains("the file was cut"), "\(damaged)")
    }
}
