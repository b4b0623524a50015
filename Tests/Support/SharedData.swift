public import Foundation

/// Recorded market data beside the project, if this machine has it. Nothing in the project needs it; tests that use it are
/// skipped where it is missing.
public enum SharedData {
    public static let packageRoot = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    public static let folder = packageRoot.deletingLastPathComponent().appending(path: "shared/data")
    public static let isPresent = FileManager.default.fileExists(atPath: folder.appending(path: "README.md").path)
    public static let skipMessage = "recorded market data is not on this machine"

    /// Lines of a gzip file in it.
    public static func lines(_ path: String) throws -> [Substring] {
        let text = try Subprocess.run("/bin/zcat", [folder.appending(path: path).path]).output
        return text.split(separator: "\n")
    }
}

public enum Subprocess {
    public struct Result {
        public let exitCode: Int32
        public let output: String
    }

    /// Runs a program to its end; its standard error joins its output. `environment` is added to this process's.
    public static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:]
    ) throws -> Result {
        let process = Process()
        if !environment.isEmpty {
            process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        }
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Result(exitCode: process.terminationStatus, output: String(decoding: data, as: UTF8.self))
    }
}
