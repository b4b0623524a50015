public import CWebSocketServer
import Glibc
import OperatorConsole
public import ServiceKit
import SignalContracts
import StreamBus
public import WebServer

/// Serves the pages and the API, and tells every open page what has changed.
public final class DashboardShell {
    private static let liveMs: Int64 = 500
    /// Of the time, at most this part goes into reading what is told.
    private static let liveShare: Int64 = 20
    private static let pollUs: Int64 = 20_000
    private let context: ServiceContext
    private let settings: DashboardSettings
    private let stores: Stores
    private let files: WebFiles
    private let bridge = SocketBridge()
    private var server: OpaquePointer?
    private let door: Doorkeeper
    private let api: DashboardAPI
    /// Pages that are told what changes.
    private var watchers: [cws_id] = []
    private var told: [UInt8] = []
    private var liveDueUs: Int64 = 0
    private let requests: Metrics.Counter
    private let refusals: Metrics.Counter
    private let seconds: Metrics.Histogram

    /// Ends the process when its files, its passwords or its port can't be had.
    public init(_ context: ServiceContext, _ settings: DashboardSettings) {
        self.context = context
        self.settings = settings
        stores = Stores(context.settings)
        let limits = cws_limits(
            head_max: 16 << 10, body_max: 16 << 10, answer_max: 64 << 20, message_max: 4 << 10, queue_max: 8 << 20,
            connections_max: 256, idle_ms: 60_000, request_ms: 10_000, answer_ms: 10_000, stall_ms: 30_000,
            goodbye_ms: 2000, ping_after_ms: 30_000, hangup_after_ms: 60_000)
        let passwords: Passwords
        do {
            files = try WebFiles(folder: settings.webFolder, chartLibrary: settings.chartLibrary)
            passwords = try Passwords(folder: settings.passwordFolder)
        } catch {
            complain("dashboard: \(error)")
            ExitCode.configuration.exit()
        }
        guard let server = bridge.start(host: settings.host, port: settings.port, limits) else {
            complain(
                "dashboard: can't listen at \(settings.host):\(settings.port): \(String(cString: strerror(errno)))")
            ExitCode.failure.exit()
        }
        self.server = server
        let port = Int(cws_port(server))
        door = Doorkeeper(settings, passwords, port: port)
        api = DashboardAPI(stores, door, context.log)
        requests = context.metrics.counter("dashboard_requests_total", help: "Requests that were answered.")
        refusals = context.metrics.counter("dashboard_refusals_total", help: "Requests that were refused.")
        seconds = context.metrics.histogram("dashboard_request_seconds", help: "Time that an answer took.")
        context.metrics.gauge("dashboard_watchers", help: "Pages that are open.") { [weak self] in
            Double(self?.watchers.count ?? 0)
        }
        context.metrics.gauge("dashboard_connections", help: "Connections of browsers and programs.") { [weak self] in
            Double(self?.server.map(cws_connection_count) ?? 0)
        }
        context.metrics.counter("dashboard_turned_away_total", help: "Connections that could not be taken.") {
            [weak self] in Double(self?.server.map(cws_turned_away_count) ?? 0)
        }
        context.log.info("listening") {
            $0.put("host", settings.host)
            $0.put("port", port)
        }
        if let path = passwords.plainFile { context.log.info("first_login") { $0.put("passwords_in", path) } }
        if settings.isExposed {
            context.log.warning("not_encrypted") {
                $0.put("text", "others can listen: put a proxy with TLS before it and name it in dashboard.origins")
            }
        }
        bridge.handler = self
    }

    deinit { if let server { cws_stop(server) } }

    public func run() -> ExitCode {
        context.serveMetrics(isReady: { true }, isRedisUp: { [unowned self] in stores.isRedisUp })
        context.stopOnSignals { [unowned self] in context.reactor.stop() }
        while !context.reactor.isStopped, let server, cws_poll(server, Self.pollUs) {
            context.reactor.poll(timeoutMs: 0)
            tell()
        }
        guard context.reactor.isStopped else { return .failure }
        context.log.info("stopped")
        return .success
    }

    // MARK: Live pages

    /// Sends the state of the suite to all open pages, when it is time: a page that hears nothing knows that it is cut off.
    private func tell() {
        let now = SystemClock.monotonicUs()
        guard !watchers.isEmpty, now >= liveDueUs, let server else { return }
        let text = liveText()
        let tookUs = SystemClock.monotonicUs() - now
        liveDueUs = now + max(Self.liveMs * 1000, tookUs * Self.liveShare)
        guard let text else { return }
        told = text
        // A page that is slow gets the next one.
        for id in watchers where cws_queued(server, id) == 0 { _ = cws_send_text(server, id, text, text.count) }
    }

    /// Nil while Redis is away: the pages see that nothing comes.
    private func liveText() -> [UInt8]? {
        (try? stores.withRedis { client throws(RedisError) in try api.live.read(client) }).map { Array($0.line.utf8) }
    }

    // MARK: Requests

    private func respond(_ id: cws_id, _ request: HTTPRequest, _ answer: Answer) {
        guard let server else { return }
        requests.add()
        if answer.status >= 400 { refusals.add() }
        let isHead = request.method == "HEAD"
        let bytes = HTTPResponse.bytes(
            status: answer.status, contentType: answer.contentType, body: answer.body,
            headers: answer.headers + SecurityHeaders.of(answer), keepsAlive: request.keepsAlive && !isHead)
        cws_respond(server, id, bytes, bytes.count, request.keepsAlive && !isHead)
    }

    private func answer(_ request: HTTPRequest) -> Answer {
        do throws(RequestError) {
            guard door.isOurs(request) else {
                throw RequestError(.forbidden, "this name is not one of the dashboard's; see dashboard.origins")
            }
            if request.path.hasPrefix(DashboardAPI.root) { return try api.answer(request) }
            guard request.method == "GET" else {
                throw RequestError(.methodNotAllowed, "\(request.path) takes GET", allowed: "GET")
            }
            guard let file = files.answer(request) else { throw RequestError(.notFound, "there is no \(request.path)") }
            return file
        } catch {
            return error.answer
        }
    }
}

extension DashboardShell: SocketHandler {
    public func request(_ id: cws_id, _ head: UnsafeRawBufferPointer, _ body: UnsafeRawBufferPointer) {
        guard let request = HTTPRequest(head: head, body: body) else {
            let bytes = HTTPResponse.bytes(status: 400, body: [], headers: [], keepsAlive: false)
            if let server { cws_respond(server, id, bytes, bytes.count, false) }
            return
        }
        let began = SystemClock.monotonicUs()
        respond(id, request, answer(request))
        seconds.observe(Double(SystemClock.monotonicUs() - began) / 1e6)
    }

    public func upgrade(_ id: cws_id, _ head: UnsafeRawBufferPointer) -> Bool {
        guard let request = HTTPRequest(head: head, body: UnsafeRawBufferPointer(start: nil, count: 0)) else {
            return false
        }
        do throws(RequestError) {
            guard door.isOurs(request), door.isSameOrigin(request) else {
                throw RequestError(.forbidden, "it comes from another site")
            }
            guard request.path == DashboardAPI.root + "live" else {
                throw RequestError(.notFound, "there is no such socket")
            }
            _ = try door.caller(request)
            return true
        } catch {
            respond(id, request, error.answer)
            return false
        }
    }

    public func opened(_ id: cws_id) {
        watchers.append(id)
        guard let server else { return }
        // What is known now, at once; fresh if nobody was watching.
        if watchers.count == 1, let text = liveText() { told = text }
        if !told.isEmpty { _ = cws_send_text(server, id, told, told.count) }
    }

    /// Pages have nothing to say here.
    public func message(_ id: cws_id, _ bytes: UnsafeRawBufferPointer) {
        if let server { cws_close(server, id, 1008, "nothing is to be said here") }
    }

    public func closed(_ id: cws_id) { watchers.removeAll { $0 == id } }

    public func turnedAway(_ error: Int32) {
        context.log.warning("connections_turned_away") { $0.put("reason", String(cString: strerror(error))) }
    }
}
