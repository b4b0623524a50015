/// Where a Redis server listens: `redis://[user:password@]host[:port][/db]` or `unix:///path/to/socket[?db=n]`; or where
/// some nodes of a cluster do: `redis-cluster://[user:password@]host:port,host:port…`. With TLS `rediss://` and `rediss-cluster://`.
public struct RedisAddress: Equatable, Sendable, CustomStringConvertible {
    public enum Endpoint: Equatable, Sendable {
        case tcp(host: String, port: Int)
        case unix(path: String)
    }

    /// How a connection is sealed. Files are PEM.
    public struct TLS: Equatable, Sendable {
        /// Authorities that may have signed the server's certificate; nil for the system's.
        public var authorities: String?
        /// What this side shows, for a server that wants to know; both or none.
        public var certificate: String?
        public var key: String?

        public init(authorities: String? = nil, certificate: String? = nil, key: String? = nil) {
            self.authorities = authorities
            self.certificate = certificate
            self.key = key
        }
    }

    /// Why a text is no address, and how to write it.
    public struct Flaw: Error, Equatable, CustomStringConvertible {
        public let description: String
        init(_ description: String) { self.description = description }
    }

    public var endpoint: Endpoint
    /// Nil for the default user.
    public var user: String?
    /// Never shown.
    public var password: String?
    public var database: Int
    /// Nil for connections in the clear.
    public var tls: TLS?
    /// Nil for a single server.
    public private(set) var cluster: ClusterMap?
    /// Whether something in the URL stood for another character (`%40`).
    public private(set) var isDecoded = false

    public init(
        _ endpoint: Endpoint, user: String? = nil, password: String? = nil, database: Int = 0, tls: TLS? = nil
    ) {
        self.endpoint = endpoint
        self.user = user
        self.password = password
        self.database = database
        self.tls = tls
    }

    /// `redis-cli` with what leads it to this server, for a person's shell. The password is asked for.
    public var commandLine: String {
        var words = ["redis-cli"]
        switch endpoint {
        case .unix(let path):
            let quoted = path.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#)
            words += ["-s", "'\(quoted)'"]
        case .tcp(let host, let port): words += ["-h", host, "-p", "\(port)"]
        }
        if tls != nil { words.append("--tls") }
        if cluster != nil { words.append("-c") }
        if let user { words += ["--user", user, "--askpass"] } else if password != nil { words.append("--askpass") }
        if database != 0 { words += ["-n", "\(database)"] }
        return words.joined(separator: " ")
    }

    /// One server, by the same user.
    public func at(_ endpoint: Endpoint) -> RedisAddress {
        var one = RedisAddress(endpoint, user: user, password: password, database: database, tls: tls)
        one.isDecoded = isDecoded
        return one
    }

    /// The server that has a key, as far as this process has heard; this server when there is only one.
    public func node(of key: [UInt8]) throws(RedisError) -> RedisAddress {
        guard let cluster else { return self }
        let slot = KeySlot.of(key)
        guard let master = cluster.master(ofSlot: slot) else {
            throw .refused("CLUSTERDOWN nobody serves slot \(slot)")
        }
        return at(master)
    }

    /// Nil for what is not such an address.
    public init?(_ url: String) {
        do throws(Flaw) { try self.init(reading: url) } catch { return nil }
    }

    public init(reading url: String) throws(Flaw) {
        // The path of a socket stands as it is, with the blanks of its folders' names.
        let isBlank: (Character) -> Bool = url.hasPrefix("unix:") ? \.isNewline : \.isWhitespace
        guard !url.contains(where: isBlank), url.last?.isWhitespace != true else {
            throw Flaw("a blank or line end is part of it")
        }
        guard let mark = url.firstRange(of: "://") else {
            throw Flaw("has no scheme: write redis://host:port, with TLS rediss://host:port")
        }
        let rest = url[mark.upperBound...]
        switch url[..<mark.lowerBound] {
        case "unix": self = try Self.socket(rest)
        case "redis": self = try Self.server(rest)
        case "redis-cluster": self = try Self.nodes(rest)
        case "rediss":
            self = try Self.server(rest)
            tls = TLS()
        case "rediss-cluster":
            self = try Self.nodes(rest)
            tls = TLS()
        case let scheme:
            let isQuoted = scheme.first.map { "\"'`“‘".contains($0) } ?? false
            throw Flaw(
                isQuoted
                    ? "the quotes are part of it: write it without"
                    : "the scheme '\(scheme)' is not offered: redis://, rediss:// (TLS), redis-cluster://, rediss-cluster:// or unix:///path"
            )
        }
    }

    /// The address without its password.
    public var description: String {
        let suffix = database == 0 ? "" : "/\(database)"
        let login = user.map { "\($0)@" } ?? ""
        let s = tls == nil ? "" : "s"
        if let cluster {
            return "redis\(s)-cluster://\(login)" + cluster.seeds.map(\.description).joined(separator: ",")
        }
        return switch endpoint {
        case .tcp: "redis\(s)://\(login)\(endpoint)\(suffix)"
        case .unix(let path): "unix://\(path)\(database == 0 ? "" : "?db=\(database)")"
        }
    }
}

extension RedisAddress.Endpoint: CustomStringConvertible {
    /// As in a URL: an IPv6 address stands in brackets.
    public var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): path
        }
    }
}

// MARK: Reading

extension RedisAddress {
    private static func socket(_ text: Substring) throws(Flaw) -> RedisAddress {
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let path = parts.first, path.hasPrefix("/") else {
            throw Flaw("the path of a socket begins with a slash: unix:///run/redis.sock")
        }
        return RedisAddress(.unix(path: String(path)), database: parts.count == 2 ? try query(parts[1]) : 0)
    }

    private static func server(_ text: Substring) throws(Flaw) -> RedisAddress {
        var (address, rest) = try login(text)
        if let mark = rest.firstIndex(of: "#") {
            throw Flaw("'\(rest[mark...].prefix(1))' begins nothing here; in a password it is written %23")
        }
        if let mark = rest.firstIndex(of: "?") {
            address.database = try query(rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        }
        if let slash = rest.firstIndex(of: "/") {
            let number = rest[rest.index(after: slash)...]
            if !number.isEmpty {
                guard let value = Int(number), value >= 0 else {
                    throw Flaw("'/\(number)' is not the number of a database, as in redis://host:port/2")
                }
                address.database = value
            }
            rest = rest[..<slash]
        }
        address.endpoint = try endpoint(rest, portNeeded: false)
        return address
    }

    private static func nodes(_ text: Substring) throws(Flaw) -> RedisAddress {
        var (address, rest) = try login(text)
        var seeds: [Endpoint] = []
        for node in rest.split(separator: ",", omittingEmptySubsequences: false) {
            seeds.append(try endpoint(node, portNeeded: true))
        }
        guard let first = seeds.first else { throw Flaw("names no node") }
        address.endpoint = first
        address.cluster = ClusterMap(seeds: seeds)
        return address
    }

    /// What stands before the last `@`, decoded, and what stands behind it.
    private static func login(_ text: Substring) throws(Flaw) -> (RedisAddress, Substring) {
        var address = RedisAddress(.tcp(host: "", port: 0))
        guard let at = text.lastIndex(of: "@") else { return (address, text) }
        let parts = text[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        if let name = parts.first, !name.isEmpty { address.user = try decoded(name, "user") }
        if parts.count == 2 { address.password = try decoded(parts[1], "password") }
        address.isDecoded = text[..<at].contains("%")
        return (address, text[text.index(after: at)...])
    }

    /// RFC 3986: `%40` is `@`.
    private static func decoded(_ text: Substring, _ what: String) throws(Flaw) -> String {
        var bytes: [UInt8] = [], rest = Substring(text).utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) else {
                throw Flaw("a percent sign of the \(what) is written %25")
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Flaw("what the percent signs of the \(what) stand for is no text")
        }
        return text
    }

    private static func query(_ text: Substring) throws(Flaw) -> Int {
        guard text.hasPrefix("db="), let number = Int(text.dropFirst(3)), number >= 0 else {
            throw Flaw("'?\(text)' is not known; a database is told by ?db=2")
        }
        return number
    }

    /// `host`, `host:port`, `[::1]` or `[::1]:port`.
    private static func endpoint(_ text: Substring, portNeeded: Bool) throws(Flaw) -> Endpoint {
        var host = text, port: Substring?
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { throw Flaw("'[' without ']' in '\(text)'") }
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard host.contains(":"), rest.isEmpty || rest.hasPrefix(":") else {
                throw Flaw("'\(text)' is not an IPv6 address in brackets, as in [::1]:6379")
            }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            port = text[text.index(after: colon)...]
            if port?.contains(":") == true { throw Flaw("an IPv6 address stands in brackets, as in [::1]:6379") }
        }
        guard !host.isEmpty else { throw Flaw("names no host") }
        guard port != nil || !portNeeded else { throw Flaw("'\(text)' has no port: nodes are host:port,host:port") }
        guard let number = port.map({ Int($0) }) ?? 6379, 1...65535 ~= number else {
            throw Flaw("'\(port ?? "")' is not a port")
        }
        return .tcp(host: String(host), port: number)
    }
}
