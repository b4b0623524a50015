import Glibc
import RedisTestSupport
import ServiceKit
import StreamBus

// pipeline-bench [ORDERS]: from the hub's receipt of a frame to the order's bytes leaving the executor, through the real
// services, beside four bare hops on the same Redis.

func progress(_ text: String) {
    print(text)
    fflush(nil)
}

func measure(_ orderCount: Int) throws(RedisError) -> Bool {
    let programs = CommandLine.arguments[0].split(separator: "/", omittingEmptySubsequences: false).dropLast()
        .joined(separator: "/")
    guard let server = RedisServer() else {
        complain("pipeline-bench: redis-server does not start")
        return false
    }
    let floor = try Floor(server, programs: programs)
    guard let suite = Suite(server, programs: programs, port: UInt16(freePort())) else {
        complain("pipeline-bench: can't write below \(server.directory)")
        return false
    }
    sleep(1)
    var quiet = try floor.measure(1000)
    progress("floor, nothing else running: \(Quantiles(quiet))")
    let paced = try floor.measure(200, pauseMs: 70)
    progress("floor, at the orders' pace: \(Quantiles(paced))")
    let syncs = measureSyncs(in: server.directory, count: 150, pauseMs: 70)
    progress("disk, at the orders' pace, one sync of 1800 bytes: \(Quantiles(syncs))")
    suite.start()
    progress("services started; the engines need 30 s of market")
    let skipped = 2 * MarketRecording.contracts.count
    var count = 0
    for second in 1...200 {
        sleep(1)
        count = suite.times("executor").count
        if second % 10 == 0 { progress("\(second) s: \(count) orders") }
        if count >= orderCount + skipped { break }
        if second == 120, count == 0 { break }
    }
    guard count > skipped else {
        for name in Suite.stages + ["exchange-simulator"] { complain("\(name): \(suite.logEnd(name))") }
        return false
    }
    // The suite goes on meanwhile: what its traffic costs a bare chain.
    let loaded = try floor.measure(1000)
    suite.stop()
    sleep(1)
    quiet += try floor.measure(1000)
    let whole = report(suite, skipped: skipped)
    progress("floor, the suite's traffic beside it: \(Quantiles(loaded))")
    progress("floor, before and after: \(Quantiles(quiet))")
    let disk = Quantiles(syncs)
    compare(whole, "the floor", Quantiles(quiet))
    compare(whole, "the floor at the orders' pace", Quantiles(paced))
    compare(whole, "that floor with one sync", Quantiles(paced), and: disk)
    return true
}

/// Prints how many times as long as `floor`, and what else there must be, the whole takes.
func compare(_ whole: Quantiles, _ name: String, _ floor: Quantiles, and other: Quantiles = Quantiles([])) {
    func share(_ value: Int, _ least: Int) -> String { "\(Double(value * 100 / max(1, least)) / 100)" }
    progress(
        "receipt to order, times \(name): p50 \(share(whole.p50, floor.p50 + other.p50)), "
            + "p99 \(share(whole.p99, floor.p99 + other.p99))")
}

/// Prints the times from stage to stage of all orders but the first, which wait for connections and leverage.
func report(_ suite: Suite, skipped: Int) -> Quantiles {
    let times = Suite.stages.map(suite.times)
    let orders = (times.last ?? [:]).keys.sorted().dropFirst(skipped).filter { cause in
        times.allSatisfy { $0[cause] != nil }
    }
    var before = orders
    let names = [
        "frame received → entry sent", "→ signal sent", "→ decision sent", "→ plan sent", "→ order sent",
    ]
    for (name, stage) in zip(names, times) {
        let now = orders.map { stage[$0] ?? 0 }
        print("\(name): \(Quantiles(zip(now, before).map { Double($0 - $1) }))")
        before = now
    }
    let whole = Quantiles(zip(before, orders).map { Double($0 - $1) })
    progress("frame received → order sent: \(whole)")
    return whole
}

do throws(RedisError) {
    let count = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 1000
    if try !measure(count) { ExitCode.failure.exit() }
} catch {
    complain("pipeline-bench: \(error)")
    ExitCode.failure.exit()
}
