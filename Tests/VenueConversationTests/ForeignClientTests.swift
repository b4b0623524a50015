import RedisTestSupport
import TestSupport
import Testing

/// Clients that nobody here wrote trade against the simulator, unchanged but for the address.
@Suite(
    .serialized, .enabled(if: SimulatorHarness.program != nil, "needs exchange-simulator, built beside the tests"),
    .enabled(if: VenueClients.areInstalled, "\(VenueClients.skipMessage)"))
struct ForeignClientTests {
    private func converse(_ script: String) throws {
        let program = try #require(SimulatorHarness.program)
        let port = freePort()
        let log = "/tmp/vortex7-sim-\(port).log"
        defer { removeFile(log) }
        let process = try #require(
            ChildProcess(
                program, ["run", "--port", "\(port)", "--symbols", "BTCUSDT", "--seed", "3", "--log-level", "error"],
                output: log))
        defer { process.kill() }
        let result = try VenueClients.run(script, ["\(port)"])
        #expect(result.exitCode == 0, "\(result.output)")
    }

    @Test func `ccxt trades by REST, and each answer agrees with the others`() throws {
        try converse("ccxt_rest.py")
    }
}
