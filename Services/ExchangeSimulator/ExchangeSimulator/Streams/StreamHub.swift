import TradingPrimitives

/// The WebSocket side of the venue without the sockets: who is subscribed to what, the answers to control messages, and
/// which frame goes to whom.
public struct StreamHub: Sendable {
    public typealias Id = UInt64
    public static let messagesPerSecond = 10
    public static let streamsMax = 1024

    struct Connection: Sendable {
        let route: MarketStream.Route
        var isCombined: Bool
        /// Names as they were asked for, in that order.
        var names: [String] = []
        var users: [UserSubscription] = []
        var second: Int64 = 0
        var messages = 0
    }

    struct UserSubscription: Sendable {
        let account: Int
        let listenKey: String
        /// Nil: all events.
        let events: [String]?
    }

    /// What the connection has to do after a message.
    public enum Reaction: Equatable, Sendable {
        case reply([UInt8])
        case close(code: UInt16, reason: String)
    }

    /// What a frame is of: a market stream, or a user event and its contract.
    public enum Label: Sendable {
        case market(MarketStream)
        case user(event: String, instrument: Int?)
    }

    private(set) var connections: [Id: Connection] = [:]
    private(set) var subscribers: [MarketStream: [Id]] = [:]
    private(set) var userConnections: [Id] = []
    var json = JSONWriter()
    var wrapped = JSONWriter()
    var lateness: Lateness?
    var underWay = FramesUnderWay()
    /// Frames sent, by stream, since the start; over all connections.
    public internal(set) var sentByStream: [MarketStream: Int] = [:]
    public internal(set) var sentByUserEvent: [String: Int] = [:]

    /// `lateness`: nil for a venue whose every word is there at once.
    public init(lateness: Lateness? = nil) { self.lateness = lateness }

    public var connectionCount: Int { connections.count }

    public func kind(of id: Id) -> ConnectionKind? {
        connections[id].map { $0.route == .user ? .user : .market }
    }

    // MARK: Life of a connection

    /// Whether a WebSocket may be opened at a path.
    public static func admits(path: String) -> Bool {
        let parts = path.split(separator: "/")
        let rest =
            parts.first.map { MarketStream.Route(rawValue: String($0)) != nil } == true ? parts.dropFirst() : parts[...]
        return rest.first == "ws" || rest.first == "stream"
    }

    /// Opens a connection to `path?query` and subscribes it to what its address names.
    public mutating func open(_ id: Id, path: String, query: String, _ venue: inout Exchange) {
        var parts = path.split(separator: "/").map(String.init)
        var route = MarketStream.Route.book
        if let first = parts.first, let named = MarketStream.Route(rawValue: first) {
            route = named
            parts.removeFirst()
        }
        let isCombined = parts.first == "stream"
        connections[id] = Connection(route: route, isCombined: isCombined)
        var names = parts.dropFirst().map { $0 }
        let parameters = Parameters(query: query.utf8, body: [])
        for value in parameters.all("streams") { names += value.split(separator: "/").map(String.init) }
        if route == .user || route == .everything {
            let keys = parameters.all("listenKey")
            let events = parameters.all("events")
            for (index, key) in keys.enumerated() {
                subscribe(id, toUser: key, events: index < events.count ? events[index] : nil, venue)
            }
        }
        subscribe(id, names, &venue)
    }

    public mutating func close(_ id: Id, _ venue: inout Exchange) {
        guard let connection = connections.removeValue(forKey: id) else { return }
        for name in connection.names { drop(id, name, venue) }
        userConnections.removeAll { $0 == id }
        updateInterest(&venue)
    }

    /// Answers a control message. `nowMs`: a clock of the machine, for the limit of messages.
    public mutating func receive(_ id: Id, _ text: some Collection<UInt8>, nowMs: Int64, _ venue: inout Exchange)
        -> Reaction?
    {
        guard connections[id] != nil else { return nil }
        if connections[id]?.second != nowMs / 1000 {
            connections[id]?.second = nowMs / 1000
            connections[id]?.messages = 0
        }
        connections[id]?.messages += 1
        if connections[id]?.messages ?? 0 > Self.messagesPerSecond {
            return .close(code: 1008, reason: "Too many requests")
        }
        guard case .object(let members)? = FlatJSON.parse(text) else {
            return .reply(Self.error(3, "Invalid JSON: expected value at line 1 column 1"))
        }
        func member(_ name: String) -> FlatJSON.Value? { members.first { $0.name == name }?.value }
        guard let method = member("method")?.text else {
            return .reply(Self.error(2, "Invalid request: missing field `method` at line 1 column \(text.count)"))
        }
        var parameters: [FlatJSON.Value] = []
        switch member("params") {
        case .array(let values)?: parameters = values
        case .string(let text)?:
            let words = "Invalid request: invalid type: string \"\(text)\", expected a sequence"
            return .reply(Self.error(2, words, member("id")))
        case nil, .bare?, .object?: break
        }
        return perform(id, method, parameters, member("id"), &venue)
    }

    private mutating func perform(
        _ id: Id, _ method: String, _ parameters: [FlatJSON.Value], _ request: FlatJSON.Value?, _ venue: inout Exchange
    ) -> Reaction {
        let names = parameters.compactMap(\.text)
        switch method {
        case "SUBSCRIBE":
            if (connections[id]?.names.count ?? 0) + names.count > Self.streamsMax {
                return .close(code: 1008, reason: "Too many streams")
            }
            if let unknown = names.first(where: { isOfNoContract($0, id, venue) }) {
                return .reply(Self.error(2, "Invalid request: unknown stream `\(unknown)`", request))
            }
            subscribe(id, names, &venue)
            return .reply(Self.result(request) { $0.putNull("result") })
        case "UNSUBSCRIBE":
            for name in names {
                drop(id, name, venue)
                connections[id]?.names.removeAll { $0 == name }
            }
            updateInterest(&venue)
            return .reply(Self.result(request) { $0.putNull("result") })
        case "LIST_SUBSCRIPTIONS":
            let all = connections[id]?.names ?? []
            return .reply(Self.result(request) { $0.array("result") { json in for name in all { json.string(name) } } })
        case "SET_PROPERTY":
            guard names.count == 2, names[0] == "combined" else { return .reply(Self.error(0, "Unknown property")) }
            guard let value = Bool(names[1]) else {
                return .reply(Self.error(1, "Invalid value type: expected Boolean"))
            }
            connections[id]?.isCombined = value
            return .reply(Self.result(request) { $0.putNull("result") })
        case "GET_PROPERTY":
            let isCombined = connections[id]?.isCombined ?? false
            return .reply(Self.result(request) { $0.put("result", isCombined) })
        default:
            return .reply(Self.error(2, "Invalid request: unknown variant `\(method)`"))
        }
    }

    private static func result(_ id: FlatJSON.Value?, _ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            body(&json)
            json.putId(id)
        }
        return json.bytes
    }

    /// Whether a name is that of a contract's stream, and there is no such contract: then nothing of the message is carried out.
    private func isOfNoContract(_ name: String, _ id: Id, _ venue: Exchange) -> Bool {
        guard connections[id]?.route != .user, !name.hasPrefix("!"), let at = name.firstIndex(of: "@") else {
            return false
        }
        let contract = MarketStream.contract(name[..<at])
        return !venue.instruments.contains { $0.symbol.lowercased == contract }
    }

    private static func error(_ code: Int, _ message: String, _ id: FlatJSON.Value? = nil) -> [UInt8] {
        var json = JSONWriter()
        json.object {
            $0.put("code", code)
            $0.put("msg", message)
            $0.putId(id)
        }
        return json.bytes
    }

    // MARK: Subscriptions

    private mutating func subscribe(_ id: Id, _ names: [String], _ venue: inout Exchange) {
        guard let route = connections[id]?.route else { return }
        for name in names {
            if connections[id]?.names.contains(name) == true { continue }
            connections[id]?.names.append(name)
            if route == .user || route == .everything { subscribe(id, toUser: name, events: nil, venue) }
            guard let stream = MarketStream(name, instruments: venue.instruments), stream.isCarried(by: route)
            else { continue }
            subscribers[stream, default: []].append(id)
        }
        updateInterest(&venue)
    }

    private mutating func subscribe(_ id: Id, toUser key: String, events: String?, _ venue: Exchange) {
        guard let account = venue.account(ofListenKey: key) else { return }
        if connections[id]?.users.contains(where: { $0.account == account }) == true { return }
        let wanted = events.map { $0.split(separator: "/").map(String.init) }
        connections[id]?.users.append(UserSubscription(account: account, listenKey: key, events: wanted))
        if !userConnections.contains(id) { userConnections.append(id) }
    }

    private mutating func drop(_ id: Id, _ name: String, _ venue: Exchange) {
        connections[id]?.users.removeAll { $0.listenKey == name }
        guard let stream = MarketStream(name, instruments: venue.instruments) else { return }
        subscribers[stream]?.removeAll { $0 == id }
        if subscribers[stream]?.isEmpty == true { subscribers[stream] = nil }
    }

    /// Tells the venue which frames are worth making.
    public func updateInterest(_ venue: inout Exchange) {
        var interests = Array(repeating: StreamInterest(), count: venue.books.count)
        for stream in subscribers.keys {  // tidy-ok: a union of sets has no order
            if stream.instrument == MarketStream.every {
                for index in interests.indices { interests[index].formUnion(stream.interest) }
            } else {
                interests[stream.instrument].formUnion(stream.interest)
            }
        }
        for index in venue.books.indices { venue.books[index].interest = interests[index] }
    }
}
