import ExchangeSimulator
import ExchangeSimulatorServer
import Glibc
import Synchronization
import TradingPrimitives

let stopRequested = Atomic<Bool>(false)

/// Plays a market and serves it until a signal comes. Returns the exit code.
func run(_ words: some Sequence<String>) throws(UsageError) -> Int32 {
    let arguments = try Arguments(
        words,
        values: [
            "host", "port", "symbols", "data", "history", "factor", "start", "seed", "balance", "bnb", "api-key",
            "api-secret",
            "api-secret-file", "maker-fee", "taker-fee", "funding-rate", "connection-life", "log-level", "tls-port",
            "tls-certificate", "faults", "lateness", "opening",
        ],
        flags: ["loop"])
    guard let level = Log.Level(rawValue: arguments.text("log-level") ?? "info") else {
        throw UsageError(message: "--log-level must be debug, info, warning or error")
    }
    let log = Log(level)
    // A parent may have started us from a thread that blocks signals.
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGTERM, SIGINT] {
        signal(number) { _ in stopRequested.store(true, ordering: .relaxed) }
        sigaddset(&signals, number)
    }
    sigprocmask(SIG_UNBLOCK, &signals, nil)
    signal(SIGPIPE, SIG_IGN)
    return arguments.isSet("data") ? try runRecorded(arguments, log) : try runSynthetic(arguments, log)
}

func symbols(_ arguments: Arguments, _ otherwise: String) throws(UsageError) -> [Symbol] {
    var symbols: [Symbol] = []
    for name in (arguments.text("symbols") ?? otherwise).split(separator: ",") {
        guard let symbol = Symbol(name) else { throw UsageError(message: "'\(name)' is not a symbol") }
        if !symbols.contains(symbol) { symbols.append(symbol) }
    }
    return symbols
}

private func runSynthetic(_ arguments: Arguments, _ log: Log) throws(UsageError) -> Int32 {
    var symbols = try symbols(arguments, "BTCUSDT,ETHUSDT")
    if symbols.isEmpty { throw UsageError(message: "--symbols is empty") }
    // Fees in BNB are worth what its contract says.
    if arguments.isSet("bnb"), let bnb = Symbol("BNBUSDT"), !symbols.contains(bnb) { symbols.append(bnb) }
    let instruments = symbols.map(Instrument.listed)
    let start = try startTime(arguments) ?? Timestamp(milliseconds: Clock.realMs())
    let seed: UInt64 = try arguments.value("seed", 1)
    let openingMinutes = try arguments.integer("opening", 0, in: 0...60)
    let made = SyntheticMarket.make(
        instruments, seed: seed, start: start, openingMs: Int64(openingMinutes) * 60_000)
    if openingMinutes > 0 {
        log.write(
            .info, "for a demonstration the market breaks out each minute or so at first",
            [("minutes", "\(openingMinutes)")])
    }
    var configuration = ExchangeConfiguration(instruments: instruments)
    configuration.hasPhases = true
    configuration.venueNumber = UInt64.random(in: 1 ... .max)
    var exchange = Exchange(configuration, start: start)
    for (index, candles) in made.history.enumerated() {
        exchange.setHistory(index, candles)
        exchange.setStatistics(index, made.statistics[index])
    }
    return try serve(exchange, made.market, mode: "synthetic", arguments, log)
}

func startTime(_ arguments: Arguments) throws(UsageError) -> Timestamp? {
    guard let text = arguments.text("start") else { return nil }
    if let milliseconds = Int64(text) { return Timestamp(milliseconds: milliseconds) }
    guard let time = Timestamp(iso8601: text) else {
        throw UsageError(message: "--start must be milliseconds or like 2024-08-08T23:54:00Z")
    }
    return time
}

/// Opens the accounts and serves. Returns the exit code.
func serve(
    _ exchange: Exchange, _ source: some MarketSource, mode: String, recordings: [PlayedRecording] = [],
    _ arguments: Arguments, _ log: Log
) throws(UsageError) -> Int32 {
    var exchange = exchange
    var options = ServerOptions()
    options.host = arguments.text("host") ?? options.host
    options.port = try arguments.integer("port", options.port, in: 0...65_535)
    options.connectionLifeS = Int64(try arguments.integer("connection-life", 86_400, in: 1...1_000_000))
    options.mode = mode
    options.recordings = recordings
    exchange.configuration.makerFee = try arguments.value("maker-fee", exchange.configuration.makerFee)
    exchange.configuration.takerFee = try arguments.value("taker-fee", exchange.configuration.takerFee)
    if arguments.isSet("funding-rate") {
        let rate = try arguments.value("funding-rate", exchange.configuration.fundingRate)
        exchange.setFundingRate(rate)
    }
    let seed: UInt64 = try arguments.value("seed", 1)
    exchange.faults = FaultBook(seed: seed)
    options.lateness = try lateness(arguments, seed: seed)
    options.keys = try openAccounts(arguments, &exchange)
    options.script = try script(arguments, exchange)
    let factor: Double = try arguments.value("factor", 1)
    guard factor > 0, factor <= 1000 else { throw UsageError(message: "--factor must be above 0 and at most 1000") }

    // Making a past takes a moment. A client of a venue that is to live now signs with the machine's time.
    let isNow = mode == "synthetic" && arguments.text("start") == nil
    let clock = Clock(
        start: isNow ? Timestamp(milliseconds: Clock.realMs()) : exchange.now, factor: factor)
    let tlsPort = arguments.isSet("tls-port") ? try arguments.integer("tls-port", 0, in: 0...65_535) : nil
    let certificatePath = arguments.text("tls-certificate") ?? "exchange-simulator.pem"
    let symbols = exchange.instruments.map(\.symbol.name).joined(separator: ",")
    do throws(ServerError) {
        let server = try SimulatorServer(Simulation(exchange, source), clock: clock, options: options, log: log)
        let door = try tlsPort.map { port throws(ServerError) in
            try TLSDoor(host: options.host, port: port, before: server.port, certificatePath: certificatePath)
        }
        if let door {
            log.write(
                .info, "serving TLS",
                [("address", "https://\(options.host):\(door.port)"), ("certificate", certificatePath)])
        }
        defer { withExtendedLifetime(door) {} }
        log.write(
            .info, "serving",
            [
                ("address", "http://\(options.host):\(server.port)"), ("mode", mode), ("symbols", symbols),
                ("factor", "\(factor)"), ("server_time", "\(clock.start)"),
            ])
        server.run {
            if let trouble = door?.takeTrouble() {
                log.write(.error, "TLS takes no connections for a moment", [("reason", trouble)])
            }
            return stopRequested.load(ordering: .relaxed)
        }
        guard stopRequested.load(ordering: .relaxed) else {
            log.write(.error, "the event loop failed")
            return 1
        }
        log.write(.info, "stopped")
        return 0
    } catch {
        log.write(.error, error.description)
        return 1
    }
}

private func openAccounts(_ arguments: Arguments, _ exchange: inout Exchange) throws(UsageError) -> [ApiKey] {
    let deposit = try arguments.value("balance", Notional(raw: 5000 * fixedScale))
    let bnb = try arguments.value("bnb", Notional.zero)
    if bnb > .zero, exchange.instrument(named: "BNBUSDT") == nil {
        throw UsageError(
            message: "--bnb needs a market of BNBUSDT among the recordings: what a fee in BNB is worth is its price")
    }
    var keys: [ApiKey] = []
    for (key, secret) in try credentials(arguments) {
        let account = exchange.openAccount(key, deposit: deposit, bnb: bnb)
        keys.append(ApiKey(key: key, secret: secret, account: account))
    }
    return keys
}

private func lateness(_ arguments: Arguments, seed: UInt64) throws(UsageError) -> Lateness? {
    switch arguments.text("lateness") ?? "recorded" {
    case "recorded": Lateness(seed: seed)
    case "none": nil
    case let other: throw UsageError(message: "--lateness must be recorded or none, not '\(other)'")
    }
}

private func script(_ arguments: Arguments, _ exchange: Exchange) throws(UsageError) -> FaultScript {
    guard let path = arguments.text("faults") else { return FaultScript() }
    guard let bytes = FileReader.read(path) else { throw UsageError(message: "can't read \(path)") }
    do throws(FaultScript.LineError) {
        return try FaultScript(String(decoding: bytes, as: UTF8.self), for: exchange)
    } catch {
        throw UsageError(message: "\(path), \(error)")
    }
}

private func credentials(_ arguments: Arguments) throws(UsageError) -> [(String, String)] {
    func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
    var keys = arguments.all("api-key")
    if keys.isEmpty { keys = [environment("VORTEX7_SIM_API_KEY") ?? "paper-key"] }
    var secrets = arguments.all("api-secret")
    for path in arguments.all("api-secret-file") {
        guard let bytes = FileReader.read(path) else { throw UsageError(message: "can't read \(path)") }
        let text = String(decoding: bytes, as: UTF8.self)
        secrets.append(text.hasSuffix("\n") ? String(text.dropLast()) : text)
    }
    if secrets.isEmpty { secrets = [environment("VORTEX7_SIM_API_SECRET") ?? "paper-secret"] }
    guard keys.count == secrets.count else { throw UsageError(message: "each --api-key needs an --api-secret") }
    return Array(zip(keys, secrets))
}
