import Glibc
import ServiceKit
import SignalContracts
import StreamBus
import TradingPrimitives

extension Console {
    /// Saves the streams of the last minutes into a file.
    func capture() throws(RedisError) -> ExitCode {
        guard let path = invocation.arguments.first else { Invocation.refuse("capture needs a file to write") }
        let client = try RedisClient(settings.redis, timeoutMs: 10_000)
        let to = SystemClock.now()
        let header = StreamCapture.Header(
            from: to - Int64(invocation.minutes) * 60_000, to: to, symbols: settings.symbols)
        guard let file = fopen(path, "wxe") else {
            complain("vortexctl: \(path) can't be made: \(String(cString: strerror(errno)))")
            return .failure
        }
        defer { fclose(file) }
        write(StreamCapture.line(header), file)
        var count = 0
        for kind in StreamKind.allCases where kind != .dead {
            for name in settings.streams(of: kind) { count += try copy(name, header, client, file) }
        }
        guard fflush(file) == 0, ferror(file) == 0 else {
            complain("vortexctl: \(path) can't be written: \(String(cString: strerror(errno)))")
            return .failure
        }
        print("\(count) entries of \(invocation.minutes) minutes, and what came before, are in \(path)")
        print("next: vortexctl replay \(path)")
        return .success
    }

    private func copy(
        _ name: StreamName, _ header: StreamCapture.Header, _ client: RedisClient, _ file: UnsafeMutablePointer<FILE>
    ) throws(RedisError) -> Int {
        let start = StreamId(
            milliseconds: UInt64(header.from.milliseconds - StreamCapture.pastMs(name.kind)), sequence: 0)
        var line: [UInt8] = [], count = 0
        try StreamRange(client).forEach(in: name, from: start, through: "\(header.to.milliseconds)") { id, fields in
            line.removeAll(keepingCapacity: true)
            StreamCapture.appendLine(name, id, fields, to: &line)
            write(line, file)
            count += 1
        }
        return count
    }

    private func write(_ bytes: [UInt8], _ file: UnsafeMutablePointer<FILE>) {
        _ = bytes.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
    }

    /// Each service's own program does its part, with the configuration that vortexctl was given.
    func replay() -> ExitCode {
        guard let path = invocation.arguments.first else { Invocation.refuse("replay needs a capture") }
        guard access(path, R_OK) == 0 else {
            complain("vortexctl: \(path) can't be read; 'vortexctl capture' makes one")
            return .notFound
        }
        var worst = ExitCode.success
        for service in Services.replayable {
            let arguments = invocation.files.flatMap { ["-c", $0] } + ["--replay", path]
            guard let code = ChildRun.run(ChildRun.companion(service), arguments) else {
                complain("vortexctl: \(service) could not be run")
                return .failure
            }
            if code != 0, worst == .success { worst = ExitCode(rawValue: code) ?? .failure }
        }
        print(worst == .success ? "all is as it was" : "not all is as it was; differences are told above")
        return worst
    }
}
