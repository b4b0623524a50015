import RedisTestSupport
import StreamBus
import Testing

/// Services that reach Redis by TLS alone, with a password, as a managed one wants it.
@Suite(.serialized)
struct SealedSuiteTests {
    @Test func `services work through TLS, and a wrong password is an error that says so`() throws {
        let sealed = try #require(SealedRedis())
        let suite = try #require(PaperSuite(symbols: ["BTCUSDT"]))
        let client = try sealed.plain.client()
        try client.command("CONFIG", "SET", "requirepass", "p%40ss:w/rd")
        // The suite's files have a meaning for '@' of their own, so the password stands in a key.
        func settings(_ password: String) -> String {
            let url = "rediss://localhost:\(sealed.tlsPort)"
            return "redis: {url: \"\(url)\", password: \"\(password)\", ca_file: \"\(sealed.authority)\"}\n"
        }
        suite.startSimulator(["--seed", "7"])
        for service in ["data-hub", "order-flow-engine", "tick-engine", "decision-engine"] {
            suite.start(service, as: service, settings("p%40ss:w/rd"))
        }
        func length(_ key: String) throws -> Int64 { try client.command("XLEN", key).integer ?? 0 }
        #expect(
            suite.wait { try length("signal:{BTCUSDT}") > 100 && length("decision:{BTCUSDT}") > 0 },
            "\(suite.log("data-hub").suffix(800)) \(suite.log("order-flow-engine").suffix(800))")
        // The way back after it has ended.
        try client.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        let before = try length("signal:{BTCUSDT}")
        #expect(suite.wait { try length("signal:{BTCUSDT}") > before + 50 })
        suite.start("risk-manager", as: "risk-manager", settings("p%2540ss:w/rd"))
        #expect(suite.wait { suite.log("risk-manager").contains("redis_login_refused") })
        let log = suite.log("risk-manager")
        #expect(log.contains("the password is refused: WRONGPASS") && log.contains("\"level\":\"error\""), "\(log)")
        #expect(!log.contains("leases_not_renewed"), "\(log)")
        for service in ["data-hub", "order-flow-engine", "tick-engine", "decision-engine"] {
            #expect(suite.terminate(service) == 0, "\(service)")
        }
    }
}
