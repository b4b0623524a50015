import Ledger
import OperatorConsole
import ServiceKit
import SignalContracts
import StreamBus
import TradingPrimitives
import WebServer

/// The JSON API of version 1, as docs/openapi.yaml describes it.
final class DashboardAPI {
    static let root = "/api/v1/"
    private static let pageLength: Int64 = 50
    private static let pageMax: Int64 = 500
    private let stores: Stores
    private let door: Doorkeeper
    private let desk: CommandDesk
    private let log: Logger
    let live: LiveState

    init(_ stores: Stores, _ door: Doorkeeper, _ log: Logger) {
        self.stores = stores
        self.door = door
        self.log = log
        desk = CommandDesk(stores)
        live = LiveState(stores.settings)
    }

    func answer(_ request: HTTPRequest) throws(RequestError) -> Answer {
        let parts = request.path.dropFirst(Self.root.count).split(separator: "/", omittingEmptySubsequences: false)
        var words: [String] = []
        for part in parts {
            guard let word = Query.decode(part.utf8) else {
                throw RequestError(.badRequest, "the path is not well formed")
            }
            words.append(word)
        }
        guard let allowed = Self.methods(words) else { throw RequestError(.notFound, "there is no \(request.path)") }
        guard allowed.contains(request.method) else {
            let list = allowed.joined(separator: ", ")
            throw RequestError(.methodNotAllowed, "\(request.path) takes \(list)", allowed: list)
        }
        switch (request.method, words[0]) {
        case ("GET", "ping"):
            _ = try Query(request.query, names: [])
            return .json(.object([("status", .text("pong"))]))
        case ("POST", "session"): return try logIn(request)
        default: break
        }
        let caller = try door.caller(request)
        guard request.method == "GET" else { return try change(request, words, caller) }
        return try read(words, request.query, caller)
    }

    private static func methods(_ words: [String]) -> [String]? {
        switch (words[0], words.count) {
        case ("session", 1): ["GET", "POST", "DELETE"]
        case ("commands", 1): ["POST"]
        case ("ping", 1), ("live", 1), ("performance", 1), ("trades", 1), ("trades.csv", 1), ("decisions", 1),
            ("accuracy", 1), ("fees", 1), ("kpi", 1), ("regime", 1), ("learner", 1), ("alerts", 1), ("system", 1),
            ("chart", 2), ("trades", 2), ("funnel", 2), ("commands", 2):
            ["GET"]
        default: nil
        }
    }

    // MARK: What changes something

    private func logIn(_ request: HTTPRequest) throws(RequestError) -> Answer {
        guard door.isSameOrigin(request) else { throw RequestError(.forbidden, "it comes from another site") }
        try checkType(request)
        let body = try Body(request.body, names: ["user", "password"])
        guard let role = Role(rawValue: try body.text("user")) else {
            throw RequestError(.badRequest, "user must be viewer or operator")
        }
        let password = try body.text("password")
        guard password.unicodeScalars.count <= 200 else { throw RequestError(.badRequest, "password is too long") }
        let session = try door.logIn(role, password: password, log)
        var answer = Answer.json(json(Caller(name: role.rawValue, role: role, session: session)))
        answer.headers.append(door.cookie(session))
        return answer
    }

    private func change(_ request: HTTPRequest, _ words: [String], _ caller: Caller) throws(RequestError) -> Answer {
        try door.checkIntent(request, caller)
        guard request.method == "POST" else {
            guard let session = caller.session else { throw RequestError(.unauthorized, "a machine has no session") }
            door.logOut(session)
            var answer = Answer.nothing
            answer.headers.append(door.cookie(nil))
            return answer
        }
        guard caller.role == .operator else { throw RequestError(.forbidden, "only the operator gives commands") }
        try checkType(request)
        return try desk.give(request.body, caller, log)
    }

    /// A form of a foreign page can't send JSON.
    private func checkType(_ request: HTTPRequest) throws(RequestError) {
        let type = request.header("content-type")?.split(separator: ";").first.map { $0.lowercased() }
        guard type == "application/json" else { throw RequestError(.unsupportedMediaType, "send application/json") }
    }

    private func json(_ caller: Caller) -> JSONNode {
        .object([
            ("user", .text(caller.name)), ("role", .text(caller.role.rawValue)),
            ("csrf", .text(caller.session?.csrf ?? "")),
        ])
    }

    // MARK: What is read

    private func read(_ words: [String], _ query: [UInt8], _ caller: Caller) throws(RequestError) -> Answer {
        switch words[0] {
        case "trades" where words.count == 1:
            let query = try Query(query, names: TradeHistory.Filter.names + ["before", "limit"])
            let filter = try TradeHistory.Filter(query), limit = try limit(query)
            return try database { database throws(DatabaseError) in
                .raw(try TradeHistory.page(filter, limit: limit, database))
            }
        case "trades.csv": return try table(query)
        case "decisions":
            let query = try Query(query, names: DecisionHistory.Filter.names + ["limit"])
            let filter = try DecisionHistory.Filter(query), limit = try limit(query)
            return try database { database throws(DatabaseError) in
                .raw(try DecisionHistory.page(filter, limit: limit, database))
            }
        case "alerts":
            let query = try Query(query, names: ["severity", "limit"])
            let severity = try query.word("severity", of: Severity.allCases.map(\.rawValue)), limit = try limit(query)
            return try database { database throws(DatabaseError) in
                try Reports.alerts(severity: severity, limit: limit, database)
            }
        case "chart":
            let query = try Query(query, names: ["timeframe", "limit"])
            let word = try query.word("timeframe", of: Timeframe.allCases.map(\.rawValue))
            let limit = try query.integer("limit", in: 1...ChartReport.limitMax) ?? 300
            return .json(
                try ChartReport.make(
                    try symbol(words[1]), word.flatMap { Timeframe(rawValue: $0) } ?? .oneMinute, limit: limit, stores))
        case "performance", "accuracy", "fees", "regime": return try report(words[0], query)
        default:
            _ = try Query(query, names: [])
            return try plain(words, caller)
        }
    }

    /// Paths without parameters.
    private func plain(_ words: [String], _ caller: Caller) throws(RequestError) -> Answer {
        switch words[0] {
        case "session": return .json(json(caller))
        case "live": return .json(try stores.withRedis { client throws(RedisError) in try live.read(client) })
        case "funnel":
            let symbol = try symbol(words[1])
            let funnel = try stores.withRedis { client throws(RedisError) in try GateFunnel(client, symbol) }
            guard let funnel else { throw RequestError(.notFound, "there is no decision on \(symbol) yet") }
            return .json(funnel.json)
        case "trades": return try trace(words[1])
        case "kpi":
            let (_, account, risk) = try present()
            return try database { database throws(DatabaseError) in
                try Reports.kpis(account: account, risk: risk, database)
            }
        case "learner":
            return try database { database throws(DatabaseError) in try Reports.learned(database) }
        case "system":
            return .json(
                try stores.withRedis { client throws(RedisError) in try SystemReport.make(stores, client) })
        default: return try desk.answer(to: words[1])
        }
    }

    /// Paths that take a window.
    private func report(_ name: String, _ query: [UInt8]) throws(RequestError) -> Answer {
        let days = try Query(query, names: ["days"]).integer("days", in: 1...366) ?? 30
        let (now, account, risk) = try present()
        return try database { database throws(DatabaseError) in
            switch name {
            case "performance":
                try Reports.performance(days: days, at: now, account: account, risk: risk, database)
            case "accuracy": try Reports.accuracy(days: days, at: now, account: account, database)
            case "fees": try Reports.fees(days: days, at: now, account: account, database)
            default: try Reports.regimes(days: days, at: now, account: account, database)
            }
        }
    }

    private func database(
        _ body: (Database) throws(DatabaseError) -> JSONNode
    ) throws(RequestError) -> Answer { .json(try stores.withDatabase(body)) }

    /// The venue's time, and what account and risk were last said to be.
    private func present() throws(RequestError) -> (now: Int64, AccountUpdate?, RiskState?) {
        try stores.withRedis { client throws(RedisError) in
            let account = try client.newest(AccountUpdate.self, of: StreamName(.account))
            let risk = try client.newest(RiskState.self, of: StreamName(.risk))
            return ((account?.eventTime ?? SystemClock.now()).milliseconds, account, risk)
        }
    }

    private func limit(_ query: Query) throws(RequestError) -> Int64 {
        try query.integer("limit", in: 1...Self.pageMax) ?? Self.pageLength
    }

    private func symbol(_ text: String) throws(RequestError) -> Symbol {
        guard let symbol = Symbol(text), stores.settings.symbols.contains(symbol) else {
            throw RequestError(.notFound, "\(text.prefix(40)) is not traded here")
        }
        return symbol
    }

    private func table(_ query: [UInt8]) throws(RequestError) -> Answer {
        let filter = try TradeHistory.Filter(try Query(query, names: TradeHistory.Filter.names))
        let text = try stores.withDatabase { database throws(DatabaseError) in
            try TradeHistory.table(filter, database)
        }
        return Answer(
            contentType: "text/csv; charset=utf-8", body: Array(text.utf8),
            headers: [("Content-Disposition", "attachment; filename=\"trades.csv\"")])
    }

    private func trace(_ text: String) throws(RequestError) -> Answer {
        let symbols = stores.settings.symbols
        guard let id = TradeId(text), symbols.contains(where: id.belongs(to:)) else {
            throw RequestError(.notFound, "\(text.prefix(64)) is no decision or trade of a symbol that is traded here")
        }
        let (live, hops) = try stores.withRedis { client throws(RedisError) -> (TradeStory?, [StreamTrace.Hop]) in
            let story = try TradeStory(id, ofOneOf: symbols, client)
            guard let story, let cause = story["cause"].flatMap({ StreamId($0) }) else { return (story, []) }
            return (story, try StreamTrace(of: cause, story.symbol, client).hops)
        }
        var story = live
        if story == nil {
            story = try stores.withDatabase { database throws(DatabaseError) in
                try TradeStory(id, database)
            }
        }
        guard let story else { throw RequestError(.notFound, "\(id) is neither in the streams nor in the database") }
        let entries = hops.map { hop in
            JSONNode.object([("stream", .text(hop.stream.key)), ("entry", .text(hop.id.description))])
        }
        return .json(
            .object(
                [("symbol", .text(story.symbol.name))] + story.members + [
                    ("entries", .array(entries)), ("redis_cli", .text(stores.settings.redis.commandLine)),
                ]))
    }
}
