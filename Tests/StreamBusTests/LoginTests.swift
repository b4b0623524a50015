import RedisTestSupport
import StreamBus
import Testing

/// A Redis with a password, in the clear and with TLS.
@Suite(.serialized)
struct LoginTests {
    private static let password = "p@ss%40w:rd/#x", encoded = "p%40ss%2540w%3Ard%2F%23x"

    private func failure(_ address: RedisAddress) -> String {
        do throws(RedisError) {
            try RedisClient(address, timeoutMs: 2000).command("PING")
            return "answered"
        } catch { return "\(error)" }
    }

    @Test func `a password with any letters logs in, in the clear and with TLS, by name and by address`() throws {
        let server = try #require(SealedRedis())
        try server.plain.client().command("CONFIG", "SET", "requirepass", Self.password)
        for url in [
            "redis://:\(Self.encoded)@127.0.0.1:\(server.port)",
            "redis://default:\(Self.encoded)@localhost:\(server.port)",
            "rediss://:\(Self.encoded)@127.0.0.1:\(server.tlsPort)/3",
            "rediss://default:\(Self.encoded)@localhost:\(server.tlsPort)",
        ] {
            let client = try RedisClient(server.address(url, authority: server.authority))
            #expect(try client.command("PING") == .text("PONG"), "\(url)")
        }
    }

    @Test func `large and many values pass through TLS as they are`() throws {
        let server = try #require(SealedRedis())
        let client = try RedisClient(
            server.address("rediss://localhost:\(server.tlsPort)", authority: server.authority))
        let large = String(repeating: "0123456789abcdef", count: 200_000)
        try client.command("SET", "large", large)
        #expect(try client.command("GET", "large").text == large)
        var commands = CommandBuffer()
        for number in 0..<20_000 { commands.command(["RPUSH", "list", "\(number)"]) }
        let replies = try client.pipeline(commands)
        #expect(replies.last == .integer(20_000))
        #expect(try client.command("LRANGE", "list", "0", "-1").elements.count == 20_000)
    }

    @Test func `a server whose certificate nobody vouches for, or of another name, is refused by that name`() throws {
        let server = try #require(SealedRedis())
        let url = "rediss://localhost:\(server.tlsPort)"
        #expect(failure(try server.address(url)).contains("certificate is refused"))
        #expect(failure(try server.address(url)).contains("redis.ca_file"))
        let other = try #require(SealedRedis())
        #expect(failure(try server.address(url, authority: other.authority)).contains("certificate is refused"))
        let byOtherName = try server.address("rediss://127.0.0.2:\(server.tlsPort)", authority: server.authority)
        #expect(failure(byOtherName) != "answered")
        let inTheClear = try server.address("rediss://localhost:\(server.port)", authority: server.authority)
        #expect(failure(inTheClear).contains("TLS"))
    }

    @Test func `a server that wants to know its clients is shown a certificate`() throws {
        let server = try #require(SealedRedis(clients: "yes"))
        let url = "rediss://localhost:\(server.tlsPort)"
        #expect(failure(try server.address(url, authority: server.authority)) != "answered")
        #expect(
            failure(try server.address(url, authority: server.authority, certificate: "own")) == "answered")
    }

    @Test func `a refused password is told as one, is tried seldom, and a right one ends that at once`() throws {
        let server = try #require(SealedRedis())
        try server.plain.client().command("CONFIG", "SET", "requirepass", Self.password)
        let wrong = try server.address("redis://:p%40ss@127.0.0.1:\(server.port)")
        let first = failure(wrong)
        #expect(first.contains("the password is refused: WRONGPASS") && first.contains("written %25"), "\(first)")
        let none = try server.address("redis://127.0.0.1:\(server.port)")
        #expect(failure(none).contains("it wants a password, and none is set"))
        func logins() throws -> Int {
            let right = try server.address("redis://:\(Self.encoded)@127.0.0.1:\(server.port)")
            let text = try RedisClient(right).command("INFO", "stats").text ?? ""
            let line = text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("acl_access_denied_auth:") }
            return line.flatMap { Int($0.split(separator: ":")[1]) } ?? -1
        }
        let before = try logins()
        for _ in 0..<50 { #expect(failure(wrong) == first) }
        // Two seconds have passed at a machine that is very busy.
        #expect(try logins() - before <= 2)
    }
}
