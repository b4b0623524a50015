import RedisTestSupport
import Testing
import TradingPrimitives

@testable import ServiceKit

/// What stands in `overrides`, for a service whose settings may differ from contract to contract.
struct OverrideTests {
    private struct Settings: Equatable {
        let levels: Int
        let inner: Int
        let common: Int
    }

    /// Reads a file with these lines as tick-engine would.
    private func read(_ lines: String) throws -> PerContract<Settings> {
        let file = "/tmp/vortex7-overrides-\(UInt64.random(in: 0 ... .max)).yaml"
        try #require(writeFile(file, "symbols: [BTCUSDT, SOLUSDT]\n" + lines))
        defer { removeFile(file) }
        let context = try ServiceContext(
            "tick-engine", CommandLineOptions(["tick-engine", "-c", file], name: "tick-engine", purpose: ""))
        return try context.readEach(common: ["common"]) { section throws(ConfigurationError) in
            Settings(
                levels: try section.int("levels", default: 1, in: 1...9),
                inner: try section.section("inner").int("size", default: 1, in: 1...9),
                common: try section.int("common", default: 1, in: 1...9))
        }
    }

    private func error(_ lines: String) throws -> String {
        do {
            _ = try read(lines)
            return "none"
        } catch let error as ConfigurationError {
            return "\(error.path): \(error.message)"
        }
    }

    @Test func `it is laid over the service's own section, key by key`() throws {
        let settings = try read(
            """
            tick-engine: {levels: 2, inner: {size: 3}, common: 4}
            overrides:
              SOLUSDT:
                tick-engine: {inner: {size: 7}}
                risk-manager: {risk_per_trade: 0.001}

            """)
        let sol = try #require(Symbol("SOLUSDT")), btc = try #require(Symbol("BTCUSDT"))
        #expect(settings[btc] == Settings(levels: 2, inner: 3, common: 4))
        #expect(settings[sol] == Settings(levels: 2, inner: 7, common: 4))
        #expect(settings.own.count == 1)
    }

    @Test(arguments: [
        (
            "{SOLUSDT: {tick-engine: {levles: 3}}}",
            "overrides.SOLUSDT.tick-engine.levles: is not known; did you mean 'levels'?"
        ),
        ("{SOLUSDT: {tick-engine: {levels: 30}}}", "overrides.SOLUSDT.tick-engine.levels: 30 is not within 1…9"),
        (
            "{SOLUSDT: {tick-engine: {common: 3}}}",
            "overrides.SOLUSDT.tick-engine.common: is the same for all contracts"
        ),
        (
            "{SOLUSDT: {tick-engine: {metrics_port: 3}}}",
            "overrides.SOLUSDT.tick-engine.metrics_port: is the same for all contracts"
        ),
        (
            "{SOLUSDT: {tick-engine: {inner: {siez: 3}}}}",
            "overrides.SOLUSDT.tick-engine.inner.siez: is not known"
        ),
        ("{SOLUSDT: {executor: {}}}", "overrides.SOLUSDT.executor: is not known"),
        ("{XRPUSDT: {}}", "overrides.XRPUSDT: is none of the contracts that are traded: BTCUSDT, SOLUSDT"),
        ("{SOLUSDT: 3}", "overrides.SOLUSDT: must be a section of keys"),
    ])
    func `what can't be meant is refused with its place`(lines: String, message: String) throws {
        #expect(try error("overrides: \(lines)\n") == message)
    }
}
