import Glibc
public import ServiceKit
import SignalContracts
import StreamBus
import TradingPrimitives

/// The operator's commands. Each ends with an exit code that scripts can branch on.
public struct Console {
    let invocation: Invocation
    let settings: SuiteSettings
    let configuration: ConfigurationNode
    /// `vortexctl.restart_command`.
    let restartCommand: String?

    /// Reads the arguments and the configuration. Ends the process for what can't be read.
    public init(arguments: [String]) {
        forbidCoreDumps()
        invocation = Invocation(arguments)
        guard !invocation.command.isEmpty else {
            print(Invocation.help)
            ExitCode.success.exit()
        }
        do throws(ConfigurationError) {
            configuration = try ConfigurationFiles.load(invocation.files)
            let top = ConfigurationSection(configuration, expand: environment)
            settings = try SuiteSettings(top)
            restartCommand = try top.section("vortexctl").string("restart_command")
            top.skip(SuiteSettings.sections)
            if let unknown = top.unknownKeys().first { throw unknown }
        } catch {
            complain("vortexctl: \(error)")
            ExitCode.configuration.exit()
        }
    }

    public func run() -> ExitCode {
        guard let command = ConsoleCommand.all.first(where: { $0.name == invocation.command }) else {
            Invocation.refuse("there is no command '\(invocation.command)'")
        }
        do throws(RedisError) {
            return try command.run(self)
        } catch {
            complain("vortexctl: Redis at \(settings.redis): \(error)")
            if case .loginRefused = error { return .notRunning }
            complain("vortexctl: is the suite running? start it with 'make up'")
            return .notRunning
        }
    }

    func close() throws(RedisError) -> ExitCode {
        guard let name = invocation.arguments.first, let symbol = Symbol(name) else {
            Invocation.refuse("close needs a symbol")
        }
        return try send(.close, symbol)
    }

    func resume() throws(RedisError) -> ExitCode {
        try send(.resume, invocation.arguments.isEmpty ? nil : tradedSymbol())
    }

    /// The command's word, a contract of the configuration.
    func tradedSymbol() -> Symbol {
        let names = settings.symbols.map(\.name).joined(separator: ", ")
        guard let name = invocation.arguments.first, let symbol = Symbol(name), settings.symbols.contains(symbol) else {
            Invocation.refuse("\(invocation.command) needs a symbol that is traded: \(names)")
        }
        return symbol
    }

    func status() throws(RedisError) -> ExitCode {
        let client = try RedisClient(settings.redis)
        repeat {
            var view = try SuiteView(client, settings)
            view.metricsPorts = metricsPorts()
            if invocation.isWatching, !invocation.isJSON { print("\u{1B}[H\u{1B}[2J", terminator: "") }
            print(invocation.isJSON ? view.json.line : view.text)
            fflush(nil)
            if invocation.isWatching { sleep(1) }
        } while invocation.isWatching
        return .success
    }

    /// The name of who runs this.
    static var person: String { getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "?" }

    // MARK: Commands to services

    func send(_ name: CommandName, _ symbol: Symbol? = nil) throws(RedisError) -> ExitCode {
        let client = try RedisClient(settings.redis, timeoutMs: 5000)
        let author = "vortexctl:\(Self.person)"
        let id = "ctl-\(SystemClock.wallUs())-\(getpid())"
        let command = Command(id: id, issuedAt: SystemClock.now(), author: author, name: name, symbol: symbol)
        // From the newest reply on: the answer can only come behind it.
        var last = try client.newest(of: StreamName(.reply)).first?.id.description ?? "0-0"
        try client.add(command.fields, to: StreamName(.command))
        let deadline = SystemClock.monotonicUs() + Int64(invocation.timeoutSeconds) * 1_000_000
        while SystemClock.monotonicUs() < deadline {
            let reply = try client.command(
                "XREAD", "COUNT", "100", "BLOCK", "500", "STREAMS", StreamName(.reply).key, last)
            for row in reply.elements.first?.elements.last?.elements ?? [] {
                guard let entry = StreamEntry(row) else { continue }
                last = entry.id.description
                guard let reply = try? Reply(entry.fields), reply.command == id else { continue }
                show(reply)
                return reply.isDone ? .success : .failure
            }
        }
        complain(
            "vortexctl: no answer within \(invocation.timeoutSeconds) s; is the suite running? see 'vortexctl status'"
        )
        return .timeout
    }

    private func show(_ reply: Reply) {
        let json = JSONNode.object([
            ("command", .text(reply.command)), ("service", .text(reply.service)), ("ok", .bool(reply.isDone)),
            ("text", .text(reply.text)),
        ])
        print(invocation.isJSON ? json.line : "\(reply.service): \(reply.text)")
    }
}
