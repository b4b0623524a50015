import Foundation
import RedisTestSupport
import TestSupport
import TradingPrimitives

/// A suite to which things happen, from a seed, and the record of when it could work.
final class Chaos {
    let suite: PaperSuite
    private let postgres: PostgresServer
    private let services: [String]
    private var random: SplitMix64
    /// What is to be done later: to bring back what was taken away.
    private var due: [(atMs: Int64, act: () -> Void)] = []
    /// What is away and not to be hit again.
    private var away: [Trouble.Target] = []
    private var executorSince: Int64?
    private(set) var executorUp: [[Int64]] = []
    private(set) var impaired: [[Int64]] = []
    private(set) var troubles = 0
    private(set) var counts: [String: Int] = [:]

    init(_ suite: PaperSuite, _ postgres: PostgresServer, services: [String], seed: UInt64) {
        (self.suite, self.postgres, self.services) = (suite, postgres, services)
        random = SplitMix64(seed: seed)
        executorSince = PaperSuite.nowMs()
    }

    /// Lets things go wrong for a time, then ends all that is wrong and waits for what was away.
    func run(seconds: Double) {
        let end = PaperSuite.nowMs() + Int64(seconds * 1000)
        var next = PaperSuite.nowMs()
        while PaperSuite.nowMs() < end {
            bringBack()
            if PaperSuite.nowMs() >= next {
                next = PaperSuite.nowMs() + 100 + Int64(random.next() % 1500)
                begin(.draw(&random, services: services, symbols: suite.symbols))
            }
            usleep(20_000)
        }
        for act in due { act.act() }
        due = []
        suite.endFaults()
        bringBack()
    }

    /// The executor's last life ends with the run.
    func finish() { executorDown() }

    private func bringBack() {
        let now = PaperSuite.nowMs()
        let ready = due.filter { $0.atMs <= now }
        due.removeAll { $0.atMs <= now }
        for entry in ready { entry.act() }
        // As a supervisor does.
        for service in services where !away.contains(.service(service)) && !suite.isAlive(service) {
            if service == "executor" { executorDown() }
            suite.start([service])
            if service == "executor" { executorSince = now }
        }
        if !away.contains(.postgres) { postgres.keepUp() }
    }

    private func later(_ ms: Int, _ act: @escaping () -> Void) { due.append((PaperSuite.nowMs() + Int64(ms), act)) }

    private func executorDown() {
        if let since = executorSince { executorUp.append([since, PaperSuite.nowMs()]) }
        executorSince = nil
    }

    private func begin(_ trouble: Trouble) {
        switch trouble {
        case .kill(let target, let ms):
            guard take(target, "kill") else { return }
            set(target, SIGKILL)
            later(ms) { [self] in
                restart(target)
                giveBack(target)
            }
        case .pause(let target, let ms):
            guard take(target, "pause") else { return }
            set(target, SIGSTOP)
            later(ms) { [self] in
                set(target, SIGCONT)
                giveBack(target)
            }
        case .fault(let json, let ms):
            guard suite.disturb("faults", json) != nil else { return }
            count(String(json.split(separator: "\"")[3]))
            if ms > 0 { impaired.append([PaperSuite.nowMs() - 200, PaperSuite.nowMs() + Int64(ms)]) }
        case .act(let json):
            if suite.disturb("acts", json) != nil { count(String(json.split(separator: "\"")[3])) }
        case .halt(let symbol, let ms):
            func say(_ status: String) {
                suite.disturb("acts", #"{"act":"status","symbol":"\#(symbol)","status":"\#(status)"}"#)
            }
            count("halt")
            say("HALT")
            impaired.append([PaperSuite.nowMs() - 200, PaperSuite.nowMs() + Int64(ms) + 3000])
            later(ms) { say("TRADING") }
        }
    }

    private func count(_ name: String) {
        troubles += 1
        counts[name, default: 0] += 1
    }

    /// False when it is away already.
    private func take(_ target: Trouble.Target, _ what: String) -> Bool {
        if away.contains(target) { return false }
        away.append(target)
        switch target {
        case .service(let name): count("\(what) \(name)")
        case .redis: count("\(what) redis")
        case .postgres: count("\(what) postgres")
        }
        if target == .service("executor") { executorDown() }
        return true
    }

    private func giveBack(_ target: Trouble.Target) {
        away.removeAll { $0 == target }
        if target == .service("executor") { executorSince = PaperSuite.nowMs() }
    }

    private func set(_ target: Trouble.Target, _ number: Int32) {
        switch target {
        case .service(let name): number == SIGKILL ? suite.kill(name) : suite.signal(name, number)
        case .redis:
            switch number {
            case SIGKILL: suite.redis.kill()
            case SIGSTOP: suite.redis.pause()
            default: suite.redis.resume()
            }
        case .postgres: number == SIGKILL ? postgres.kill() : postgres.signal(number)
        }
    }

    private func restart(_ target: Trouble.Target) {
        switch target {
        case .service(let name): suite.start([name])
        case .redis: _ = suite.redis.start()
        case .postgres: postgres.start()
        }
    }
}
