import ServiceKit
import SignalContracts
import StreamBus
import TradingPrimitives

extension Console {
    /// Length of each stream, and for each of its readers what is pending (taken, not yet done) and behind (not yet taken).
    func streams() throws(RedisError) -> ExitCode {
        let client = try RedisClient(settings.redis)
        let names = StreamKind.allCases.flatMap(settings.streams)
        var table = Table()
        table.add("STREAM", "LENGTH", "LAST ID", "READER", "PENDING", "BEHIND")
        for name in names {
            guard let info = try present(name, client) else { continue }
            let length = info["length"]?.text ?? "0", last = info["last-generated-id"]?.text ?? "-"
            let groups = (try? client.command("XINFO", "GROUPS", name.key))?.elements.map(\.pairs) ?? []
            if invocation.isJSON {
                print(json(name, length, last, groups).line)
                continue
            }
            table.add(name.key, length, last)
            for group in groups {
                table.add(
                    "", "", "", group["name"]?.text ?? "?", group["pending"]?.text ?? "?",
                    group["lag"]?.text ?? "unknown")
            }
        }
        if !invocation.isJSON { print(table.text) }
        return .success
    }

    /// Nil for a stream that nobody has written to.
    private func present(_ name: StreamName, _ client: RedisClient) throws(RedisError) -> [String: RedisValue]? {
        do throws(RedisError) { return try client.command("XINFO", "STREAM", name.key).pairs } catch {
            guard case .refused = error else { throw error }
            return nil
        }
    }

    private func json(_ name: StreamName, _ length: String, _ last: String, _ groups: [[String: RedisValue]])
        -> JSONNode
    {
        .object([
            ("stream", .text(name.key)), ("length", .integer(Int64(length) ?? 0)), ("last_id", .text(last)),
            (
                "groups",
                .array(
                    groups.map {
                        .object([
                            ("name", .optional($0["name"]?.text)), ("pending", .optional($0["pending"]?.integer)),
                            ("lag", .optional($0["lag"]?.integer)),
                        ])
                    })
            ),
        ])
    }
}
