import Glibc
import ServiceKit
import SignalContracts
import StreamBus
import TradingPrimitives

extension Console {
    private static let supervisor = "var/run/supervisord.conf"

    /// Restarts one service by what runs it, and waits until it reads (or, the hub, writes) again.
    func restart() throws(RedisError) -> ExitCode {
        let known = Services.restartable
        guard let service = invocation.arguments.first, known.contains(service) else {
            Invocation.refuse("restart needs a service: \(known.joined(separator: ", "))")
        }
        guard let command = restartCommand ?? supervised() else {
            complain(
                "vortexctl: what runs the services is not known: set vortexctl.restart_command, for example "
                    + "'docker compose restart {service}' or 'systemctl restart vortex7@{service}'")
            return .configuration
        }
        let line = command.split(separator: "{service}", omittingEmptySubsequences: false).joined(separator: service)
        let began = SystemClock.monotonicUs()
        guard let code = ChildRun.run("/bin/sh", ["-c", line]), code == 0 else {
            complain("vortexctl: '\(line)' failed")
            return .failure
        }
        // What read before has ended by now.
        let restarted = SystemClock.monotonicUs()
        let client = try RedisClient(settings.redis)
        let deadline = began + Int64(invocation.timeoutSeconds) * 1_000_000
        while SystemClock.monotonicUs() < deadline {
            let view = try SuiteView(client, settings)
            // Not every service reads: what is not in the view has been restarted, and that is all that can be said.
            guard let state = view.services.first(where: { $0.name == service }) else { break }
            if state.isUp, idleUs(state) < SystemClock.monotonicUs() - restarted { break }
            usleep(100_000)
        }
        let isBack = SystemClock.monotonicUs() < deadline
        let ms = (SystemClock.monotonicUs() - began) / 1000
        let json = JSONNode.object([("service", .text(service)), ("ok", .bool(isBack)), ("ms", .integer(ms))])
        print(invocation.isJSON ? json.line : "\(service) is \(isBack ? "back after \(ms) ms" : "not back")")
        return isBack ? .success : .timeout
    }

    private func idleUs(_ service: SuiteView.Service) -> Int64 { service.idleMs.map { $0 * 1000 + 1000 } ?? .max }

    private func supervised() -> String? {
        access(Self.supervisor, R_OK) == 0 ? "supervisorctl -c \(Self.supervisor) restart suite:{service} >&2" : nil
    }
}
