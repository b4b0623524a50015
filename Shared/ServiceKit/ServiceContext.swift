import Glibc
import SignalContracts
import StreamBus
public import TradingPrimitives

/// What a service has in hand when it starts: its settings, and the means to tell what it does.
public final class ServiceContext {
    public let name: String
    /// Number of this instance of the service; its consumer name stays the same over restarts.
    public let instance: Int
    /// This machine's or container's name.
    public let host: String
    public let settings: SuiteSettings
    /// The service's own section.
    public let section: ConfigurationSection
    public let log: Logger
    public let metrics: Metrics
    public let alerts: AlertLog
    public let reactor: Reactor
    /// The venue's time, as far as this service has heard of it.
    public var venueClock: VenueClock
    /// A capture of the streams that is replayed instead of serving (`--replay`).
    let replayFile: String?
    public var isReplay: Bool { replayFile != nil }
    /// Where the times of what passes are noted (`latency_file`); nil for nowhere.
    public let latencyTrace: LatencyTrace?
    /// Whether it waits for its turn while another instance does the work; shown by `/healthz`.
    public var isStandby = false
    private let top: ConfigurationSection
    private let isCheck: Bool
    private let showsSettings: Bool
    private let metricsPort: Int
    private var clusterWatch: ClusterWatch?
    private var responder: HTTPResponder?
    private var portRefusals = 0

    /// Reads the arguments and the configuration. Ends the process for `--help`, `--version`, and what can't be read.
    /// `purpose` is the first line of `--help`; `isReplayable` says that all its work is that of a processor.
    public static func start(
        _ name: String, purpose: String, isReplayable: Bool = false, arguments: [String] = CommandLine.arguments
    ) -> ServiceContext {
        forbidCoreDumps()
        // A reader that has gone, be it of the log or of a socket, is an error of that write, and ends no service.
        signal(SIGPIPE, SIG_IGN)
        let commandLine = CommandLineOptions(arguments, name: name, purpose: purpose, isReplayable: isReplayable)
        do throws(ConfigurationError) {
            return try ServiceContext(name, commandLine)
        } catch {
            complain("\(name): \(error)")
            ExitCode.configuration.exit()
        }
    }

    init(_ name: String, _ options: CommandLineOptions) throws(ConfigurationError) {
        self.name = name
        host = hostName()
        replayFile = options.replay
        isCheck = options.isCheck
        showsSettings = options.showsSettings
        let root = try ConfigurationFiles.load(options.files)
        top = ConfigurationSection(root, expand: environment)
        settings = try SuiteSettings(top)
        section = try top.section(name)
        top.skip(SuiteSettings.sections)
        instance = try section.int("instance", default: 1, in: 1...999)
        metricsPort = try section.int("metrics_port", default: 0, in: 0...65535)
        latencyTrace = try Self.trace(section)
        log = Logger(service: name, level: options.level ?? settings.log.level, form: settings.log.form)
        venueClock = VenueClock(rate: settings.venue.clockRate)
        metrics = Metrics()
        alerts = AlertLog(metrics, log)
        reactor = Reactor()
        if let map = settings.redis.cluster, !isReplay {
            clusterWatch = ClusterWatch(reactor, settings.redis, map)
        }
        reactor.every(ms: 500) { [weak self] in self?.tellLogins() }
        let rate = settings.venue.clockRate
        if rate > Self.testedClockRate {
            log.warning("clock_rate_untested") {
                $0.put("clock_rate", rate)
                $0.put("tested_up_to", Self.testedClockRate)
            }
        }
        for (one, other) in settings.alikeSymbols {
            log.warning("symbols_alike") {
                $0.put("symbols", "\(one), \(other)")
                $0.put("consequence", "names of their decisions begin alike and do not tell the contract")
            }
        }
        if options.showsConfiguration {
            print(root.redacted)
            ExitCode.success.exit()
        }
    }

    /// Up to which pace of the venue's clock a machine of two cores has been seen to keep up, for hours.
    private static let testedClockRate = 20.0

    /// Ends the process when its journal was written in another mode of trading: what is held on a simulated venue, or lost there, is
    /// nothing to another one. Nil for a journal that does not say.
    public func requireOwnMode(_ mode: String?, ofJournal path: String) {
        guard let mode, mode != settings.mode.rawValue else { return }
        complain(
            "\(name): journal \(path) is of mode \(mode), this is \(settings.mode.rawValue): name another file in "
                + "\(name).journal, or move this one away")
        ExitCode.unsafeState.exit()
    }

    private static func trace(_ section: ConfigurationSection) throws(ConfigurationError) -> LatencyTrace? {
        guard let path = try section.string("latency_file") else { return nil }
        guard let trace = LatencyTrace(path: path) else { throw section.error("latency_file", "can't be made") }
        return trace
    }

    /// To be called once all keys have been read: what is left is unknown, and ends the process.
    public func finishConfiguration() {
        let unknown = top.unknownKeys()
        guard !unknown.isEmpty else {
            if showsSettings {
                for setting in top.settingsRead { print(setting.line) }
                ExitCode.success.exit()
            }
            if isCheck { ExitCode.success.exit() }
            return
        }
        for error in unknown { complain("\(name): \(error)") }
        ExitCode.configuration.exit()
    }

    /// The same for a service whose settings may differ from contract to contract: what stands in `overrides.SOLUSDT` under its name
    /// is laid over its own section, for that contract. Keys among `common` are the same for all.
    public func configureEach<Settings>(
        common: [String] = [], _ body: (ConfigurationSection) throws(ConfigurationError) -> Settings
    ) -> PerContract<Settings> {
        configure { _ throws(ConfigurationError) in try readEach(common: common, body) }
    }

    func readEach<Settings>(
        common: [String], _ body: (ConfigurationSection) throws(ConfigurationError) -> Settings
    ) throws(ConfigurationError) -> PerContract<Settings> {
        PerContract(try body(section), own: try overrides(common, body))
    }

    /// What every process of a service has one of.
    private static let ofProcesses = ["instance", "metrics_port", "latency_file", "journal"]

    private func overrides<Settings>(
        _ common: [String], _ body: (ConfigurationSection) throws(ConfigurationError) -> Settings
    ) throws(ConfigurationError) -> [Symbol: Settings] {
        var own: [Symbol: Settings] = [:]
        let all = try top.section("overrides")
        for key in all.keys {
            guard let symbol = Symbol(key), settings.symbols.contains(symbol) else {
                throw all.error(
                    key,
                    "is none of the contracts that are traded: \(settings.symbols.map(\.name).joined(separator: ", "))")
            }
            let contract = try all.section(key)
            contract.skip(SuiteSettings.withOverrides)
            if let unknown = contract.unknownKeys().first { throw unknown }
            guard contract.keys.contains(name) else { continue }
            let override = try contract.section(name)
            override.skip(override.keys)
            for key in override.keys where (Self.ofProcesses + common).contains(key) {
                throw override.error(key, "is the same for all contracts")
            }
            let merged = section.overlaid(by: override)
            merged.skip(Self.ofProcesses)
            own[symbol] = try body(merged)
            if let unknown = merged.unknownKeys().first { throw unknown }
        }
        return own
    }

    /// Reads the service's own settings with `body`, then refuses unknown keys, and variables that would be overlooked. Ends the
    /// process on an error.
    public func configure<Settings>(
        _ body: (ConfigurationSection) throws(ConfigurationError) -> Settings
    ) -> Settings {
        do throws(ConfigurationError) {
            if let foreign = ForeignSettings.found(environment).first { throw foreign }
            let settings = try body(section)
            finishConfiguration()
            return settings
        } catch {
            complain("\(name): \(error)")
            ExitCode.configuration.exit()
        }
    }

    /// Begins to answer `GET /metrics` and `GET /healthz`, if the section has a `metrics_port`. `whyNot` says in words what a
    /// service that is not ready lacks.
    public func serveMetrics(
        isReady: @escaping () -> Bool, isRedisUp: @escaping () -> Bool, whyNot: @escaping () -> String? = { nil }
    ) {
        metrics.gauge("build_info", help: "Version of the service.", labels: [("version", Suite.version)]) { 1 }
        metrics.gauge("ready", help: "1 while the service does its work.") { isReady() ? 1 : 0 }
        metrics.gauge("standby", help: "1 while another instance does it.") { [unowned self] in isStandby ? 1 : 0 }
        metrics.gauge("redis_up", help: "1 while Redis can be reached.") { isRedisUp() ? 1 : 0 }
        ProcessMetrics.show(metrics)
        metrics.counter(
            "metrics_visitors_displaced_total", help: "Visitors of this port that made room for later ones."
        ) {
            [unowned self] in Double(responder?.displacedCount ?? 0)
        }
        metrics.counter(
            "metrics_port_refusals_total", help: "How often this port could not be had: another program had it."
        ) {
            [unowned self] in Double(portRefusals)
        }
        guard metricsPort > 0 else { return }
        listen { [unowned self] path in
            switch path {
            case "/metrics": return .init(contentType: "text/plain; version=0.0.4", body: metrics.text)
            case "/healthz":
                let ready = isReady()
                let age = Double(SystemClock.monotonicUs() - reactor.lastTurnUs) / 1e6
                var reason: [UInt8] = []
                if !ready, let text = whyNot() {
                    reason += ",\"reason\":".utf8
                    appendJSON(text, to: &reason)
                }
                let body =
                    "{\"service\":\"\(name)\",\"ready\":\(ready),\"last_loop_age_seconds\":\(age),"
                    + "\"redis\":\(isRedisUp()),\"standby\":\(isStandby)\(String(decoding: reason, as: UTF8.self))}\n"
                // A standby is as it should be.
                return .init(status: ready || isStandby ? 200 : 503, contentType: "application/json", body: body)
            default: return nil
            }
        }
    }

    /// How long a port that another program has is left alone before it is asked for again.
    private static let portRetryMs: Int64 = 10_000

    /// Without its port a service is not seen, but works: it says so once and goes on.
    private func listen(_ respond: @escaping (_ path: String) -> HTTPResponder.Response?) {
        responder = HTTPResponder(reactor, host: settings.metricsHost, port: metricsPort, respond: respond)
        guard let responder else {
            let reason = String(cString: strerror(errno))
            if portRefusals == 0 {
                log.error("metrics_port_taken") {
                    $0.put("port", metricsPort)
                    $0.put("reason", reason)
                    $0.put("next", "goes on without metrics, and asks again each \(Self.portRetryMs / 1000) s")
                }
            }
            portRefusals += 1
            reactor.after(ms: Self.portRetryMs) { [weak self] in self?.listen(respond) }
            return
        }
        responder.onTrouble = { [unowned self] reason in
            log.warning("metrics_take_no_clients") { $0.put("reason", reason) }
        }
        if portRefusals > 0 { log.info("metrics_port_had") { $0.put("port", metricsPort) } }
    }

    /// Says that Redis wants another password, whoever of the service met it, each time that it was tried: seldom.
    private func tellLogins() {
        for (address, refusal) in LoginGate.takeNews() {
            log.error("redis_login_refused") {
                $0.put("address", address)
                $0.put("error", refusal)
            }
        }
    }

    /// Stops the loop on SIGTERM and SIGINT, after `prepare`.
    public func stopOnSignals(_ prepare: @escaping () -> Void = {}) {
        reactor.onSignals([SIGTERM, SIGINT]) { [unowned self] signal in
            log.info("stopping") { $0.put("signal", signal) }
            prepare()
        }
    }
}

/// What the suite says about itself.
public enum Suite {
    public static let version = "0.1.0"
}
