import Glibc
public import SignalContracts
public import StreamBus
public import TradingPrimitives

/// The settings that all services share: one file for the whole suite.
public struct SuiteSettings: Sendable {
    public var mode: TradingMode
    /// Name of the set of strategy parameters.
    public var profile: Profile
    public var symbols: [Symbol]
    public var redis: RedisAddress
    public var postgres: Postgres
    public var venue: Venue
    public var log: Log
    public var streams: Streams
    /// Interface of the metrics ports: an IPv4 address.
    public var metricsHost: String

    public struct Postgres: Sendable {
        /// libpq's connection text or URL, without the password.
        public var url: String
        public var password: String?
    }

    public struct Venue: Sendable {
        /// `https://fapi.binance.com`, without a slash at the end.
        public var restURL: String
        /// `wss://fstream.binance.com`: the root of the routes.
        public var streamURL: String
        public var apiKey: String?
        /// HMAC secret, or the text of an Ed25519 private key (PEM).
        public var apiSecret: String?
        /// Milliseconds of the venue that pass in one of ours: 1 but for a simulator that plays faster.
        public var clockRate: Double
    }

    public struct Log: Sendable {
        public var level: LogLevel
        public var form: Logger.Form
    }

    public struct Streams: Sendable {
        /// How long entries are kept, milliseconds, by kind.
        public var retentionMs: [StreamKind: Int64]
        /// Entries of a stream in one read.
        public var batchMax: Int
    }

    public init(_ top: ConfigurationSection) throws(ConfigurationError) {
        mode = try top.word("mode", default: .paper)
        profile = try top.word("profile", default: .vortex7)
        symbols = []
        for name in try top.strings("symbols", default: ["BTCUSDT", "ETHUSDT"]) {
            guard let symbol = Symbol(name) else { throw top.error("symbols", WrittenWrong.flaw(ofSymbol: name)) }
            guard !symbols.contains(symbol) else { throw top.error("symbols", "\(symbol) stands twice") }
            symbols.append(symbol)
        }
        guard !symbols.isEmpty else { throw top.error("symbols", "names no symbol") }
        redis = try Self.redis(try top.section("redis"))
        postgres = try Postgres(try top.section("postgres"))
        venue = try Venue(try top.section("venue"), mode)
        log = try Log(try top.section("log"))
        streams = try Streams(try top.section("streams"), clockRate: venue.clockRate)
        let metrics = try top.section("metrics")
        metricsHost = try metrics.string("host", default: "127.0.0.1")
        var address = in_addr()
        guard inet_pton(AF_INET, metricsHost, &address) == 1 else {
            throw metrics.error("host", "'\(metricsHost)' is not an IPv4 address")
        }
    }

    /// Pairs of contracts whose decisions have names that begin alike, so that a name alone does not tell the contract.
    public var alikeSymbols: [(Symbol, Symbol)] {
        symbols.indices.flatMap { index in
            symbols[..<index].filter { TradeId.areAlike($0, symbols[index]) }.map { ($0, symbols[index]) }
        }
    }

    /// A stream for each symbol, or the global one; of dead letters both.
    public func streams(of kind: StreamKind) -> [StreamName] {
        let own = kind.isPerSymbol ? symbols.map { StreamName(kind, $0) } : []
        return own + (!kind.isPerSymbol || kind == .dead ? [StreamName(kind)] : [])
    }

    private static func redis(_ section: ConfigurationSection) throws(ConfigurationError) -> RedisAddress {
        let url = try section.string("url", default: "redis://127.0.0.1:6379")
        var address: RedisAddress
        do throws(RedisAddress.Flaw) { address = try RedisAddress(reading: url) } catch {
            throw section.error("url", error.description)
        }
        if let user = try section.string("user") { address.user = user }
        if let password = try section.secret("password") { address.password = password }
        var files: [String?] = []
        for key in ["ca_file", "cert_file", "key_file"] {
            let file = try section.string(key).flatMap { $0.isEmpty ? nil : $0 }
            if let file {
                guard address.tls != nil else { throw section.error(key, "is for TLS: rediss:// in redis.url") }
                guard readFile(file) != nil else { throw section.error(key, "can't read '\(file)'") }
            }
            files.append(file)
        }
        guard (files[1] == nil) == (files[2] == nil) else {
            throw section.error(files[1] == nil ? "key_file" : "cert_file", "cert_file and key_file go together")
        }
        if address.tls != nil {
            address.tls = RedisAddress.TLS(authorities: files[0], certificate: files[1], key: files[2])
        }
        return address
    }

    /// The sections and keys that `init` reads; the others belong to services.
    public static let services = [
        "data-hub", "order-flow-engine", "tick-engine", "technical-engine", "sentiment-engine", "regime-filter",
        "decision-engine", "risk-manager", "executor", "trade-recorder", "notifier", "learner", "dashboard",
        "exchange-simulator", "backtester", "vortexctl", "bus-probe",
    ]
    /// Those whose settings may differ from contract to contract, in `overrides`.
    static let withOverrides = [
        "order-flow-engine", "tick-engine", "technical-engine", "sentiment-engine", "regime-filter", "decision-engine",
        "risk-manager",
    ]
    /// What stands beside the settings of all, read by the services that it is of.
    public static let sections = services + ["overrides"]
}

extension SuiteSettings.Postgres {
    init(_ section: ConfigurationSection) throws(ConfigurationError) {
        url = try section.string("url", default: "postgresql://vortex7@127.0.0.1:5432/vortex7")
        password = try section.secret("password")
    }
}

extension SuiteSettings.Venue {
    init(_ section: ConfigurationSection, _ mode: TradingMode) throws(ConfigurationError) {
        let (rest, stream) =
            switch mode {
            case .paper: ("http://127.0.0.1:18080", "ws://127.0.0.1:18080")
            case .demo: ("https://demo-fapi.binance.com", "wss://fstream.binancefuture.com")
            case .live: ("https://fapi.binance.com", "wss://fstream.binance.com")
            }
        restURL = try section.string("rest_url", default: rest)
        streamURL = try section.string("stream_url", default: stream)
        apiKey = try section.secret("api_key")
        apiSecret = try section.secret("api_secret")
        clockRate = try section.double("clock_rate", default: 1, in: 0.001...10_000)
        if mode != .paper, clockRate != 1 { throw section.error("clock_rate", "is for paper mode") }
        guard restURL.hasPrefix("http://") || restURL.hasPrefix("https://"), !restURL.hasSuffix("/") else {
            throw section.error("rest_url", "must begin with http:// or https:// and not end with /")
        }
        guard streamURL.hasPrefix("ws://") || streamURL.hasPrefix("wss://"), !streamURL.hasSuffix("/") else {
            throw section.error("stream_url", "must begin with ws:// or wss:// and not end with /")
        }
        if mode == .live, restURL.hasPrefix("http://") {
            throw section.error("rest_url", "live trading needs https://")
        }
    }
}

extension SuiteSettings.Log {
    init(_ section: ConfigurationSection) throws(ConfigurationError) {
        let name = try section.string("level", default: "info")
        guard let level = LogLevel(name: name) else {
            throw section.error("level", "'\(name)' is not one of trace, debug, info, warning, error")
        }
        self.level = level
        form = try section.word("form", default: .automatic)
    }
}

extension Logger.Form: CaseIterable {
    public static let allCases: [Logger.Form] = [.automatic, .json, .human]
}

extension SuiteSettings.Streams {
    /// `clockRate`: how fast the venue's clock runs beside ours. What comes at the market's pace is kept for a time of the market's:
    /// at twenty times the pace Redis would hold twenty times as much.
    init(_ section: ConfigurationSection, clockRate: Double) throws(ConfigurationError) {
        batchMax = try section.int("batch_max", default: 256, in: 1...10_000)
        let retention = try section.section("retention_minutes")
        retentionMs = [:]
        for kind in StreamKind.allCases {
            let key = String(kind.rawValue.map { $0 == "." ? "_" : $0 })
            let minutes = try retention.int(key, default: Self.defaultMinutes(kind), in: 1...525_600)
            let ms = Int64(minutes) * 60_000
            retentionMs[kind] =
                Self.isOfMarketPace(kind) && clockRate > 1 ? max(60_000, Int64(Double(ms) / clockRate)) : ms
        }
    }

    private static func isOfMarketPace(_ kind: StreamKind) -> Bool {
        switch kind {
        case .trade, .book, .forming, .candle, .metric, .signal, .decision, .readiness, .heatmap: true
        case .contract, .plan, .execution, .account, .risk, .weights, .alert, .command, .reply, .dead, .notice: false
        }
    }

    private static func defaultMinutes(_ kind: StreamKind) -> Int {
        switch kind {
        case .trade: 60
        case .book, .forming: 20
        case .candle, .metric: 26 * 60
        // The bulk: twenty signals and two decisions a second and symbol. PostgreSQL keeps what is worth keeping.
        case .signal: 60
        case .decision: 4 * 60
        case .readiness, .contract: 24 * 60
        // Ten kilobytes each; the newest is what counts.
        case .heatmap: 6 * 60
        case .plan, .execution, .account, .risk, .weights, .alert, .command, .reply, .dead: 7 * 24 * 60
        // What a person could not be told within a day is no news.
        case .notice: 24 * 60
        }
    }
}
