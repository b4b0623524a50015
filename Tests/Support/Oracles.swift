public import Foundation

/// Programs in another language that recompute what the suite computes.
public enum Oracles {
    private static let environment = SharedData.packageRoot.appending(path: ".build/oracles")
    /// Whether `Tests/Oracles/install.sh` has made the Python with TA-Lib and NumPy.
    public static let hasTALib = FileManager.default.fileExists(atPath: environment.appending(path: "installed").path)
    public static let skipMessage = "TA-Lib is not installed: run Tests/Oracles/install.sh"

    /// Runs an oracle over a file; returns what it printed if it found a difference. `needsTALib`: with that Python.
    public static func differences(
        _ oracle: String, over file: URL, arguments: [String] = [], needsTALib: Bool
    ) throws -> String? {
        let script = SharedData.packageRoot.appending(path: "Tests/Oracles/\(oracle)").path
        let python = needsTALib ? environment.appending(path: "bin/python3").path : "python3"
        let result = try Subprocess.run("/usr/bin/env", [python, script, file.path] + arguments)
        return result.exitCode == 0 ? nil : result.output
    }

    static func temporaryFile(_ name: String) -> URL {
        FileManager.default.temporaryDirectory.appending(path: "vortex7-\(name)-\(UUID().uuidString)")
    }
}

/// Clients of the venue that were not written here.
public enum VenueClients {
    private static let environment = SharedData.packageRoot.appending(path: ".build/clients")
    /// Whether `Tests/Oracles/install.sh` has made the Python with them.
    public static let areInstalled = FileManager.default.fileExists(
        atPath: environment.appending(path: "installed").path)
    public static let skipMessage =
        "ccxt, python-binance and the venue's SDK are not installed: run Tests/Oracles/install.sh"

    /// Runs a conversation of `Tests/VenueClients` to its end.
    public static func run(_ script: String, _ arguments: [String]) throws -> Subprocess.Result {
        let path = SharedData.packageRoot.appending(path: "Tests/VenueClients/\(script)").path
        return try Subprocess.run(environment.appending(path: "bin/python3").path, ["-B", path] + arguments)
    }
}

/// An engine that was not written here: a program that has redis-py and nothing of ours.
public enum OwnEngine {
    private static let environment = SharedData.packageRoot.appending(path: ".build/engine")
    /// Whether `Tests/Oracles/install.sh` has made the Python with redis-py.
    public static let isInstalled = FileManager.default.fileExists(
        atPath: environment.appending(path: "installed").path)
    public static let skipMessage = "redis-py is not installed: run Tests/Oracles/install.sh"
    public static let python = environment.appending(path: "bin/python3").path
}

/// What looks at the dashboard from outside: a browser, and a program that knows only the API's description.
public enum Browsers {
    private static let environment = SharedData.packageRoot.appending(path: ".build/browser")
    /// Whether `Tests/Oracles/install.sh` has made the Python with Playwright and schemathesis, and there is a Chromium.
    public static let isInstalled =
        FileManager.default.fileExists(atPath: environment.appending(path: "installed").path)
        && FileManager.default.isExecutableFile(atPath: "/usr/bin/chromium")
    public static let skipMessage = "Playwright or Chromium is not installed: run Tests/Oracles/install.sh"
    public static let python = environment.appending(path: "bin/python3").path
    public static let schemathesis = environment.appending(path: "bin/schemathesis").path
}

/// The types that Grafana's authors generate from the schema of its dashboards.
public enum GrafanaTypes {
    private static let environment = SharedData.packageRoot.appending(path: ".build/grafana")
    /// Whether `Tests/Oracles/install.sh` has made the Python with them.
    public static let areInstalled = FileManager.default.fileExists(
        atPath: environment.appending(path: "installed").path)
    public static let skipMessage = "Grafana's types are not installed: run Tests/Oracles/install.sh"

    /// Reads dashboards with them.
    public static func read(_ dashboards: [String]) throws -> Subprocess.Result {
        let script = SharedData.packageRoot.appending(path: "Tests/Oracles/grafana_types.py").path
        return try Subprocess.run(environment.appending(path: "bin/python3").path, ["-B", script] + dashboards)
    }
}

/// Columns of numbers for an oracle: a line of names, then rows of 64-bit floats, NaN where a value is absent.
public struct ColumnTable {
    private let names: [String]
    private var bytes: Data

    public init(_ names: [String]) {
        self.names = names
        bytes = Data((names.joined(separator: " ") + "\n").utf8)
    }

    public mutating func append(_ row: [Double?]) {
        precondition(row.count == names.count)
        let numbers = row.map { $0 ?? .nan }
        numbers.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }

    /// What the oracle printed if it found a difference.
    public func differences(oracle: String) throws -> String? {
        let file = Oracles.temporaryFile("table")
        defer { try? FileManager.default.removeItem(at: file) }
        try bytes.write(to: file)
        return try Oracles.differences(oracle, over: file, needsTALib: true)
    }
}
