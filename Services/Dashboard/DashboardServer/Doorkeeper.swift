import ServiceKit
import WebServer

/// Who asks.
struct Caller: Equatable {
    let name: String
    let role: Role
    /// Of a person's session; nil for a machine.
    let session: Sessions.Session?
}

/// Lets callers in: looks at where a request comes from, who sends it, and whether they meant it.
final class Doorkeeper {
    static let cookie = "vortex7_session"
    private let settings: DashboardSettings
    private var passwords: Passwords
    private var sessions = Sessions()
    /// Names that the dashboard is reached by, with their ports; another one is a foreign page's.
    private let hosts: [String]

    init(_ settings: DashboardSettings, _ passwords: Passwords, port: Int) {
        self.settings = settings
        self.passwords = passwords
        hosts =
            ["127.0.0.1:\(port)", "localhost:\(port)", "[::1]:\(port)"]
            + settings.origins.compactMap { $0.split(separator: "/").last.map(String.init) }
    }

    private var now: Int64 { SystemClock.monotonicUs() / 1_000_000 }

    // MARK: Where a request comes from

    /// A name that is not ours means that another site's name was pointed at this machine (DNS rebinding).
    func isOurs(_ request: HTTPRequest) -> Bool {
        request.header("host").map { hosts.contains($0.lowercased()) } ?? false
    }

    /// Whether the page that sends it, if a browser says so, is one of ours.
    func isSameOrigin(_ request: HTTPRequest) -> Bool {
        if let site = request.header("sec-fetch-site"), site != "same-origin", site != "none" { return false }
        guard let origin = request.header("origin") else { return true }
        return settings.origins.contains(origin) || origin == request.header("host").map { "http://\($0)" }
    }

    // MARK: Who sends it

    func caller(_ request: HTTPRequest) throws(RequestError) -> Caller {
        if let authorization = request.header("authorization") { return try machine(authorization) }
        guard let token = Self.cookie(in: request), let session = sessions.find(token, at: now) else {
            throw RequestError(.unauthorized, "log in first")
        }
        return Caller(name: session.role.rawValue, role: session.role, session: session)
    }

    /// What changes something must come from a page of ours that knows the session's token, or from a machine.
    func checkIntent(_ request: HTTPRequest, _ caller: Caller) throws(RequestError) {
        guard isSameOrigin(request) else { throw RequestError(.forbidden, "it comes from another site") }
        guard let session = caller.session else { return }
        guard let token = request.header("x-csrf-token"), Secrets.areEqual(token, session.csrf) else {
            throw RequestError(.forbidden, "the header X-CSRF-Token is missing or not the session's")
        }
    }

    private func machine(_ authorization: String) throws(RequestError) -> Caller {
        let words = authorization.split(separator: " ")
        guard let secret = settings.secret, words.count == 2, words[0].lowercased() == "basic",
            words[1].utf8.count <= 1024, let bytes = Encoding.bytes(base64: words[1]),
            Secrets.areEqual(String(decoding: bytes, as: UTF8.self), "machine:\(secret)")
        else { throw RequestError(.unauthorized, "user or secret is wrong") }
        return Caller(name: "machine", role: settings.machineRole, session: nil)
    }

    private static func cookie(in request: HTTPRequest) -> String? {
        for part in (request.header("cookie") ?? "").split(separator: ";") {
            let pair = part.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
            if pair.count == 2, pair[0] == cookie { return String(pair[1]) }
        }
        return nil
    }

    // MARK: Coming and going

    func logIn(_ role: Role, password: String, _ log: Logger) throws(RequestError) -> Sessions.Session {
        let wait = sessions.wait(for: role, at: now)
        guard wait == 0 else {
            throw RequestError(.tooManyRequests, "too many wrong passwords: try again in \(wait) s", retryAfter: wait)
        }
        guard passwords.isRight(password, of: role) else {
            sessions.fail(role, at: now)
            log.warning("login_refused") { $0.put("user", role.rawValue) }
            throw RequestError(.unauthorized, "user or password is wrong")
        }
        log.info("login") { $0.put("user", role.rawValue) }
        if role == .operator { passwords.removePlainFile() }
        return sessions.open(role, at: now)
    }

    func logOut(_ session: Sessions.Session) { sessions.close(session.token) }

    /// `Set-Cookie` of a session that begins, or, for nil, of one that ends.
    func cookie(_ session: Sessions.Session?) -> (String, String) {
        let age = session == nil ? 0 : Sessions.lifeMax
        let isSecure = settings.origins.contains { $0.hasPrefix("https://") }
        return (
            "Set-Cookie",
            "\(Self.cookie)=\(session?.token ?? ""); Path=/; HttpOnly; SameSite=Strict; Max-Age=\(age)\(isSecure ? "; Secure" : "")"
        )
    }
}
