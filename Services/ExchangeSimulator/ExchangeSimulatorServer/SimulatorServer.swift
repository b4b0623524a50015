public import CWebSocketServer
public import ExchangeSimulator
import Glibc
import Synchronization
import TradingPrimitives
public import WebServer

/// A key of the venue and the account it opens.
public struct ApiKey: Sendable {
    public let key: String
    /// HMAC secret, or a public key in PEM form.
    public let secret: String
    public let account: Int

    public init(key: String, secret: String, account: Int) {
        (self.key, self.secret, self.account) = (key, secret, account)
    }
}

/// How the server of the simulated venue is set up.
public struct ServerOptions: Sendable {
    public var host = "127.0.0.1"
    /// 0 takes a free one.
    public var port = 18_080
    public var keys: [ApiKey] = []
    /// How the market came about, for the status: `synthetic`, `recorded`.
    public var mode = "synthetic"
    /// What is played, for the status.
    public var recordings: [PlayedRecording] = []
    /// WebSocket connections are closed after this time, seconds of the machine.
    public var connectionLifeS: Int64 = 24 * 3600
    /// A ping goes out after this silence, and the client is cut after the second time; seconds.
    public var pingAfterS = 180
    public var hangupAfterS = 600
    /// Bytes that may wait for a slow client before it is cut.
    public var queueMax = 16 << 20
    public var connectionsMax = 512
    /// How long an HTTP connection may be silent between requests, and how long a request may take to come; milliseconds.
    /// libcurl does not use a connection again that was idle for 118 s: none is closed while a request is on its way.
    public var idleMs: Int64 = 120_000
    public var requestMs: Int64 = 10_000
    /// What goes wrong, and when.
    public var script = FaultScript()
    /// How late frames are; nil sends each at once.
    public var lateness: Lateness? = Lateness(seed: 1)

    public init() {}

    fileprivate var limits: cws_limits {
        cws_limits(
            head_max: 64 << 10, body_max: 1 << 20, answer_max: 64 << 20, message_max: 1 << 20, queue_max: queueMax,
            connections_max: Int32(connectionsMax), idle_ms: idleMs, request_ms: requestMs, answer_ms: 600_000,
            stall_ms: 60_000, goodbye_ms: 2000, ping_after_ms: Int64(pingAfterS) * 1000,
            hangup_after_ms: Int64(hangupAfterS) * 1000)
    }
}

/// Why the server can't start.
public struct ServerError: Error, CustomStringConvertible {
    public let description: String
}

/// The thin shell: sockets, signatures and the machine's clock around a simulation. One thread.
public final class SimulatorServer<Source: MarketSource> {
    var simulation: Simulation<Source>
    var hub: StreamHub
    var limits = RateLimits()
    let options: ServerOptions
    let clock: Clock
    let log: Log
    private let bridge = SocketBridge()
    var server: OpaquePointer?
    /// Opened WebSockets by the time they were opened, oldest first; monotonic seconds.
    var opened: [(id: cws_id, second: Int64)] = []
    /// Connections that the venue is closing; what they still say is not heard.
    private var closing: [cws_id] = []
    /// What a connection asked for between the handshake's head and its end.
    var sessions: [cws_id: SocketSession] = [:]
    private var targets: [cws_id: (path: String, query: String)] = [:]
    var requests = 0
    var lagMs: Int64 = 0
    private var hasToldEnd = false
    var script: FaultScript
    /// What is on its way, while something is late.
    var outbox = FrameOutbox()

    /// Binds the port and listens; nothing is served before `run`.
    public init(_ simulation: Simulation<Source>, clock: Clock, options: ServerOptions, log: Log) throws(ServerError) {
        self.simulation = simulation
        (self.clock, self.options, self.log) = (clock, options, log)
        script = options.script
        hub = StreamHub(lateness: options.lateness)
        bridge.handler = self
        server = bridge.start(host: options.host, port: options.port, options.limits)
        if server == nil {
            throw ServerError(
                description: "can't listen on \(options.host):\(options.port): \(String(cString: strerror(errno)))")
        }
        hub.updateInterest(&self.simulation.exchange)
    }

    deinit {
        if let server { cws_stop(server) }
    }

    public var port: Int { server.map { Int(cws_port($0)) } ?? 0 }

    /// Serves until `stop` says so, and then takes leave of its clients.
    public func run(until stop: () -> Bool) {
        serve(until: stop)
        guard let server else { return }
        for connection in opened { cws_close(server, connection.id, 1001, "going away") }
        let deadline = Clock.monotonicNs() + 300_000_000
        while !opened.isEmpty, Clock.monotonicNs() < deadline, cws_poll(server, 10_000) {}
    }

    private func serve(until stop: () -> Bool) {
        while !stop(), let server {
            catchUp()
            sendDue()
            closeOldConnections()
            var waitUs: Int64 = 20_000
            if let next = simulation.nextTime() { waitUs = min(waitUs, clock.microseconds(until: next)) }
            waitUs = min(waitUs, clock.microseconds(until: simulation.exchange.nextMoment))
            if let next = hub.nextDue { waitUs = min(waitUs, clock.microseconds(until: next)) }
            if let next = outbox.nextTime { waitUs = min(waitUs, clock.microseconds(until: next)) }
            // Events a fraction of a millisecond apart are served together.
            guard cws_poll(server, max(waitUs, 500)) else { return }
        }
    }

    /// Brings the exchange to the present and sends what it tells.
    func catchUp() {
        let now = clock.now
        followScript(until: now)
        let began = Clock.monotonicNs()
        while !simulation.play(until: now, eventsMax: 2000) {
            deliver()
            if Clock.monotonicNs() - began > 50_000_000 { break }  // behind: let the sockets breathe
        }
        lagMs = max(0, now - simulation.exchange.now)
        deliver()
        if simulation.isEnded, !hasToldEnd {
            hasToldEnd = true
            log.write(
                .info, "the recording has ended",
                [
                    ("server_time", "\(simulation.exchange.now)"), ("market_events", "\(simulation.eventCount)"),
                    ("rows", "\(options.recordings.reduce(0) { $0 + $1.report.rows })"),
                    ("skipped", "\(options.recordings.reduce(0) { $0 + $1.report.skipped })"),
                    ("doubled", "\(options.recordings.reduce(0) { $0 + $1.report.doubled })"),
                ])
        }
    }

    func deliver() {
        guard let server else { return }
        guard simulation.exchange.faults.isEmpty, outbox.isEmpty else { return deliverUnderFaults() }
        hub.deliver(&simulation.exchange) { id, _, bytes in
            _ = cws_send_text(server, id, bytes, bytes.count)
        }
    }

    private func closeOldConnections() {
        let second = Clock.monotonicNs() / 1_000_000_000
        while let oldest = opened.first, second - oldest.second >= options.connectionLifeS, let server {
            opened.removeFirst()
            cws_close(server, oldest.id, 1008, "connection is 24 hours old")
        }
    }
}

extension RestAnswer {
    func bytes(to request: HTTPRequest, _ headers: [(String, String)]) -> [UInt8] {
        HTTPResponse.bytes(status: status, body: body, headers: headers, keepsAlive: request.keepsAlive)
    }
}

// MARK: What the sockets say

extension SimulatorServer: SocketHandler {
    public func request(_ id: cws_id, _ head: UnsafeRawBufferPointer, _ body: UnsafeRawBufferPointer) {
        requests += 1
        guard let request = HTTPRequest(head: head, body: body) else {
            return respond(id, HTTPResponse.bytes(status: 400, body: [], headers: [], keepsAlive: false), false)
        }
        catchUp()
        if request.path.hasPrefix(Self.ownPath) {
            return serve(id, request, administer(request, from: id), [])
        }
        guard simulation.exchange.faults.isEmpty else { return meet(Call(id: id, words: .http(request))) }
        let (answer, headers) = answer(request)
        serve(id, request, answer, headers)
    }

    private func serve(_ id: cws_id, _ request: HTTPRequest, _ answer: RestAnswer, _ headers: [(String, String)]) {
        if log.isOn(.debug) {
            log.write(
                .debug, "request", [("method", request.method), ("path", request.path), ("status", "\(answer.status)")])
        }
        deliver()
        respond(id, answer.bytes(to: request, headers), request.keepsAlive)
    }

    func respond(_ id: cws_id, _ bytes: [UInt8], _ keepsAlive: Bool) {
        guard let server else { return }
        cws_respond(server, id, bytes, bytes.count, keepsAlive)
    }

    public func upgrade(_ id: cws_id, _ head: UnsafeRawBufferPointer) -> Bool {
        guard let request = HTTPRequest(head: head, body: UnsafeRawBufferPointer(start: nil, count: 0)),
            request.path == Self.socketPath || StreamHub.admits(path: request.path)
        else {
            respond(id, HTTPResponse.bytes(status: 404, body: [], headers: [], keepsAlive: false), false)
            return false
        }
        guard admits(id, path: request.path) else { return false }
        targets[id] = (request.path, String(decoding: request.query, as: UTF8.self))
        return true
    }

    public func opened(_ id: cws_id) {
        guard let target = targets.removeValue(forKey: id) else { return }
        catchUp()
        opened.append((id, Clock.monotonicNs() / 1_000_000_000))
        if target.path == Self.socketPath {
            sessions[id] = openSession(query: target.query)
            return log.write(.info, "websocket opened", [("path", target.path)])
        }
        hub.open(id, path: target.path, query: target.query, &simulation.exchange)
        log.write(.info, "websocket opened", [("path", target.path)])
    }

    public func message(_ id: cws_id, _ bytes: UnsafeRawBufferPointer) {
        guard let server, !closing.contains(id) else { return }
        catchUp()
        if var session = sessions[id] {
            guard simulation.exchange.faults.isEmpty else {
                return meet(Call(id: id, words: .socket(Array(bytes))))
            }
            let text = answer(bytes, &session)
            sessions[id] = session
            _ = cws_send_text(server, id, text, text.count)
            return deliver()
        }
        switch hub.receive(id, bytes, nowMs: Clock.monotonicNs() / 1_000_000, &simulation.exchange) {
        case .reply(let text): _ = cws_send_text(server, id, text, text.count)
        case .close(let code, let reason):
            log.write(.warning, "websocket closed by the venue", [("reason", reason)])
            closing.append(id)
            cws_close(server, id, code, reason)
        case nil: break
        }
    }

    public func closed(_ id: cws_id) {
        opened.removeAll { $0.id == id }
        closing.removeAll { $0 == id }
        if sessions.removeValue(forKey: id) == nil { hub.close(id, &simulation.exchange) }
        log.write(.info, "websocket closed")
    }

    public func turnedAway(_ error: Int32) {
        log.write(.warning, "connections are turned away", [("reason", String(cString: strerror(error)))])
    }
}
