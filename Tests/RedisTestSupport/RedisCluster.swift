import Glibc
public import StreamBus

/// A real Redis Cluster of a test's own: three masters, each with a replica, on the loopback.
public final class RedisCluster {
    public let directory: String
    public let ports: [Int]
    private var processes: [ChildProcess?] = []
    private let options: [String]
    /// After this a silent master is taken for dead.
    public static let nodeTimeoutMs = 1500

    /// Nil when there is no redis-server here, or the nodes do not come together. `options` are arguments of redis-server.
    public init?(_ options: [String] = []) {
        var template = Array("/tmp/vortex7-cluster-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return nil }
        directory = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        ports = (0..<6).map { _ in freePort() }
        self.options = options
        for number in ports.indices {
            mkdir("\(directory)/\(number)", 0o755)
            processes.append(nil)
            guard start(number) else { return nil }
        }
        guard create(), waitUntilWhole(masters: 3) else { return nil }
    }

    deinit {
        for process in processes { process?.kill() }
        removeFolder(directory)
    }

    /// As the configuration names it.
    public var url: String { "redis-cluster://" + nodes.joined(separator: ",") }
    private var nodes: [String] { ports.map { "127.0.0.1:\($0)" } }

    /// Starts a node, again after `kill`; true when it answers.
    public func start(_ number: Int) -> Bool {
        let folder = "\(directory)/\(number)"
        processes[number] = ChildProcess(
            "redis-server",
            [
                "--port", "\(ports[number])", "--cluster-port", "\(freePort())", "--bind", "127.0.0.1", "--dir", folder,
                "--save", "", "--cluster-enabled", "yes", "--cluster-node-timeout", "\(Self.nodeTimeoutMs)",
                "--cluster-require-full-coverage", "no", "--repl-diskless-sync-delay", "0",
            ] + options, output: "\(folder)/redis.log")
        for _ in 0..<6000 {  // minutes, to end a test that hangs
            if let client = try? node(number), (try? client.command("PING")) == .text("PONG") { return true }
            usleep(20_000)
        }
        return false
    }

    private func create() -> Bool {
        ChildProcess(
            "redis-cli", ["--cluster", "create"] + nodes + ["--cluster-replicas", "1", "--cluster-yes"],
            output: "\(directory)/create.log")?.wait() == 0
    }

    /// Whether so many masters serve all slots, each with a replica that is connected.
    public func waitUntilWhole(masters: Int) -> Bool {
        for _ in 0..<6000 {  // minutes, to end a test that hangs
            let states = ports.indices.compactMap { try? node($0).command("CLUSTER", "INFO").text }
            if states.count == ports.count, states.allSatisfy({ $0.contains("cluster_state:ok") }),
                self.masters.count == masters, replicasConnected
            {
                return true
            }
            usleep(50_000)
        }
        return false
    }

    private var replicasConnected: Bool {
        ports.indices.allSatisfy { number in
            guard let text = try? node(number).command("INFO", "replication").text else { return false }
            return text.contains("role:master")
                ? text.contains("connected_slaves:1") : text.contains("master_link_status:up")
        }
    }

    /// A client of one node alone.
    public func node(_ number: Int) throws(RedisError) -> RedisClient {
        try RedisClient(RedisAddress(.tcp(host: "127.0.0.1", port: ports[number])), timeoutMs: 2000)
    }

    /// Numbers of the nodes that are masters now, as they say.
    public var masters: [Int] {
        ports.indices.filter { number in
            guard processes[number]?.isAlive ?? false,
                let text = try? node(number).command("INFO", "replication").text
            else { return false }
            return text.contains("role:master")
        }
    }

    /// The master that has a key.
    public func master(of key: String) -> Int? {
        guard let address = RedisAddress(url), let map = address.cluster, (try? RedisClient(address)) != nil,
            case .tcp(_, let port)? = map.master(ofSlot: KeySlot.of(key.utf8))
        else { return nil }
        return ports.firstIndex(of: port)
    }

    /// kill -9.
    public func kill(_ number: Int) { processes[number]?.kill() }
    public func pause(_ number: Int) { processes[number]?.signal(SIGSTOP) }
    public func resume(_ number: Int) { processes[number]?.signal(SIGCONT) }

    public func client() throws(RedisError) -> RedisClient {
        guard let address = RedisAddress(url) else { throw .disconnected("\(url) is not an address") }
        return try RedisClient(address)
    }

    /// Moves one slot with all that is in it to another node, key by key, as an operator would.
    public func move(slot: Int, to target: Int) throws(RedisError) {
        var names: [String] = [], owner: Int?
        for number in ports.indices { names.append(try node(number).command("CLUSTER", "MYID").text ?? "") }
        for row in try node(target).command("CLUSTER", "SLOTS").elements
        where (row.elements[0].integer ?? 0)...(row.elements[1].integer ?? 0) ~= Int64(slot) {
            owner = ports.firstIndex(of: Int(row.elements[2].elements[1].integer ?? 0))
        }
        guard let owner, owner != target else { return }
        let from = try node(owner), to = try node(target)
        try to.command("CLUSTER", "SETSLOT", "\(slot)", "IMPORTING", names[owner])
        try from.command("CLUSTER", "SETSLOT", "\(slot)", "MIGRATING", names[target])
        while true {
            let keys = try from.command("CLUSTER", "GETKEYSINSLOT", "\(slot)", "10").elements.compactMap(\.text)
            if keys.isEmpty { break }
            for key in keys {
                try from.command("MIGRATE", "127.0.0.1", "\(ports[target])", key, "0", "5000")
                usleep(2000)
            }
        }
        for number in [target, owner] + masters.filter({ $0 != target && $0 != owner }) {
            try node(number).command("CLUSTER", "SETSLOT", "\(slot)", "NODE", names[target])
        }
    }
}
