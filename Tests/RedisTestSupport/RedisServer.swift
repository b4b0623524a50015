import Glibc
public import StreamBus

/// A real redis-server of a test's own, on a Unix socket in a new directory under /tmp.
public final class RedisServer {
    public let directory: String
    public let address: RedisAddress
    private var process: ChildProcess?
    private let options: [String]

    /// Nil when there is no redis-server here. `options` are arguments of redis-server. With `user` the tests come as that
    /// user, who needs no certain password.
    public init?(_ options: [String] = [], user: String? = nil) {
        var template = Array("/tmp/vortex7-redis-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return nil }
        directory = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        var address = RedisAddress(.unix(path: directory + "/redis.sock"))
        address.user = user
        if user != nil { address.password = "any" }
        self.address = address
        self.options = options
        guard start() else { return nil }
    }

    deinit {
        process?.kill()
        removeFolder(directory)
    }

    /// Starts the server again after `kill`; true when it answers.
    public func start() -> Bool {
        process = ChildProcess(
            "redis-server",
            ["--port", "0", "--unixsocket", directory + "/redis.sock", "--dir", directory, "--save", ""] + options,
            output: directory + "/redis.log")
        guard process != nil else { return false }
        for _ in 0..<15_000 {  // five minutes, to end a test that hangs
            if let client = try? RedisClient(address), (try? client.command("PING")) == .text("PONG") { return true }
            usleep(20_000)
        }
        return false
    }

    /// kill -9.
    public func kill() { process?.kill() }
    public func pause() { process?.signal(SIGSTOP) }
    public func resume() { process?.signal(SIGCONT) }

    public func client() throws(RedisError) -> RedisClient { try RedisClient(address) }
}
