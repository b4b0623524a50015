import Glibc
import RedisTestSupport
import ServiceKit
import SignalContracts
import StreamBus
import TradingPrimitives

/// Sends numbers through four hops of the host and through four bare hops, on one Redis, and prints the latencies.
func runChain(_ count: Int) {
    guard let server = RedisServer() else {
        complain("bus-bench: redis-server does not start")
        ExitCode.failure.exit()
    }
    do throws(RedisError) {
        try measureChains(server, count)
    } catch {
        complain("bus-bench: \(error)")
        server.kill()
        ExitCode.failure.exit()
    }
}

private let kinds: [StreamKind] = [.trade, .signal, .decision, .plan, .execution]

private func measureChains(_ server: RedisServer, _ count: Int) throws(RedisError) {
    let program = CommandLine.arguments[0]
    let configuration = server.directory + "/suite.yaml"
    _ = writeFile(configuration, "symbols: [BTCUSDT]\nredis: {url: \"\(server.address)\"}\n")
    let client = try server.client()
    var children: [ChildProcess] = []
    guard case .unix(let socket) = server.address.endpoint else { return }
    for hop in 0..<4 {
        try client.command("XGROUP", "CREATE", "floor\(hop)", "floor", "0", "MKSTREAM")
        let environment = ["BUS_PROBE_INPUT": kinds[hop].rawValue, "BUS_PROBE_OUTPUT": kinds[hop + 1].rawValue]
        children += [
            ChildProcess(
                program, ["hop", "-c", configuration], environment: environment, output: server.directory + "/hop.log"),
            ChildProcess(
                program, ["floor", socket, "floor\(hop)", "floor\(hop + 1)"], output: server.directory + "/hop.log"),
        ].compactMap { $0 }
    }
    sleep(2)
    var hosts: [Double] = []
    var floors: [Double] = []
    // In turns, so that both see the same machine.
    for _ in 0..<8 {
        floors += try measureChain(server, from: "floor0", to: "floor4", count: count / 8)
        hosts += try measureChain(server, from: "md.trade:{BTCUSDT}", to: "execution:{BTCUSDT}", count: count / 8)
    }
    for (index, child) in children.enumerated() where index % 2 == 0 {
        print("host \(index / 2): \(residentMemory(child.id))")
    }
    print("bare: \(Quantiles(floors)) through 4 hops")
    print("host: \(Quantiles(hosts)) through 4 hops")
    removeFile(configuration)
    removeFile(server.directory + "/hop.log")
}

private func residentMemory(_ process: pid_t) -> String {
    let status = readFile("/proc/\(process)/status").map { String(decoding: $0, as: UTF8.self) } ?? ""
    return status.split(separator: "\n").first { $0.hasPrefix("VmRSS") }.map(String.init) ?? "gone"
}
