import RedisTestSupport
import StreamBus

/// Four bare hops on the same Redis: XREADGROUP BLOCK, then XADD and XACK in one write.
final class Floor {
    private let server: RedisServer
    private var hops: [ChildProcess] = []

    init(_ server: RedisServer, programs: String) throws(RedisError) {
        self.server = server
        guard case .unix(let socket) = server.address.endpoint else { return }
        let client = try server.client()
        for hop in 0..<4 {
            try client.command("XGROUP", "CREATE", "floor\(hop)", "floor", "0", "MKSTREAM")
            let child = ChildProcess(
                programs + "/bus-bench", ["floor", socket, "floor\(hop)", "floor\(hop + 1)"],
                output: server.directory + "/floor.log")
            if let child { hops.append(child) }
        }
    }

    deinit { removeFile(server.directory + "/floor.log") }

    /// Microseconds through all four, one entry at a time.
    func measure(_ count: Int, pauseMs: Int = 2) throws(RedisError) -> [Double] {
        try measureChain(server, from: "floor0", to: "floor4", count: count, pauseMs: pauseMs)
    }
}
