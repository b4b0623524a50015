import RedisTestSupport
import TestSupport
import Testing

/// Clients that nobody here wrote trade against the simulator, unchanged but for the address.
@Suite(
    .serialized, .enabled(if: SimulatorHarness.program != nil, "needs exchange-simulator, built beside the tests"),
    .enabled(if: VenueClients.areInstalled, "\(VenueClients.skipMessage)"))
struct ForeignClientTests {
    private func converse(_ script: String, _ more: [String] = [], options: [String] = []) throws {
        let program = try #require(SimulatorHarness.program)
        let port = freePort()
        let log = "/tmp/vortex7-sim-\(port).log"
        defer { removeFile(log) }
        let process = try #require(
            ChildProcess(
                program,
                ["run", "--port", "\(port)", "--symbols", "BTCUSDT", "--seed", "3", "--log-level", "error"] + options,
                output: log))
        defer { process.kill() }
        let result = try VenueClients.run(script, ["\(port)"] + more)
        #expect(result.exitCode == 0, "\(result.output)")
    }

    @Test func `ccxt trades by REST, and each answer agrees with the others`() throws {
        try converse("ccxt_rest.py")
    }

    @Test func `ccxt holds a position over a funding`() throws {
        try converse(
            "ccxt_funding.py", options: ["--start", "2026-03-02T07:59:55Z", "--funding-rate", "0.0004"])
    }

    @Test func `ccxt watches the market and its account, and trades over the WebSocket API`() throws {
        try converse("ccxt_streams.py")
    }

    @Test func `the venue's own SDK trades, and what it is told fits its models`() throws {
        try converse("sdk.py")
    }

    @Test func `python-binance greets the spot venue, watches candles of the pair, and trades`() throws {
        try converse("python_binance.py")
    }

    @Test func `a client that trusts the certificate talks over TLS`() throws {
        let tlsPort = freePort()
        let certificate = "/tmp/vortex7-tls-\(tlsPort).pem"
        defer { removeFile(certificate) }
        try converse(
            "tls.py", ["\(tlsPort)", certificate],
            options: ["--tls-port", "\(tlsPort)", "--tls-certificate", certificate])
    }

    @Test func `an Ed25519 key signs requests and logs on to a session`() throws {
        let folder = "/tmp/vortex7-keys-\(freePort())"
        defer { _ = try? Subprocess.run("/bin/rm", ["-r", folder]) }
        let made = try VenueClients.run("ed25519.py", ["keys", folder])
        #expect(made.exitCode == 0, "\(made.output)")
        try converse(
            "ed25519.py", [folder],
            options: [
                "--api-key", "paper-key", "--api-secret", "paper-secret", "--api-key", "curve", "--api-secret-file",
                folder + "/public.pem",
            ])
    }
}
