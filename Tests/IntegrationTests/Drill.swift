import Foundation
import Ledger
import RedisTestSupport
import SignalContracts
import StreamBus
import TestSupport
import Testing

/// One section of the runbook, done: what it is about is provoked, what it tells to type is typed, and what it promises is
/// looked for.
struct Drill {
    let section: String
    /// Whether it is among the few that every change must pass.
    let isShort: Bool
    /// Commands of the section that can't be done in a test.
    let undone: [String]
    let body: (DrillRun) throws -> Void

    init(_ section: String, short: Bool = false, undone: [String] = [], _ body: @escaping (DrillRun) throws -> Void) {
        self.section = section
        isShort = short
        self.undone = undone
        self.body = body
    }
}

/// A drill under way.
final class DrillRun {
    let suite: LocalSuite
    let account: PaperAccount
    private let runbook: Runbook
    private let section: String
    private var done: Set<String> = []
    /// Entries behind this one are of this drill.
    private let beganMs = PaperSuite.nowMs()

    init(_ suite: LocalSuite, _ runbook: Runbook, _ section: String) throws {
        self.suite = suite
        self.runbook = runbook
        self.section = section
        account = try #require(PaperAccount(suite.venueURL))
    }

    /// Types a command that the section tells to type, with what stands in capitals there replaced. `code` is what it must end
    /// with; nil for what depends on the machine. Returns what it says.
    @discardableResult
    func follow(_ command: String, _ words: [String: String] = [:], code: Int32? = 0) throws -> String {
        #expect(runbook.commands(in: section).contains(command), "'\(section)' does not tell to type \(command)")
        done.insert(command)
        var line = command
        for (word, meaning) in words { line = line.replacing(word, with: meaning) }
        let result = try suite.run(line)
        if let code { #expect(result.exitCode == code, "\(section): \(line): \(result.exitCode) \(result.output)") }
        return result.output
    }

    /// Whether all that the section tells to type has been typed.
    func checkDone(but undone: [String]) {
        let left = runbook.commands(in: section).filter { !done.contains($0) && !undone.contains($0) }
        #expect(left.isEmpty, "'\(section)' also tells to type \(left)")
    }

    func expect(_ what: String, _ condition: () throws -> Bool) {
        let isSo = suite.wait(until: condition)
        #expect(
            isSo,
            "\(section): \(what); \((try? last()) ?? []) \(suite.log("executor").suffix(800))")
    }

    /// What was said last, for who reads a failure.
    private func last() throws -> [String] {
        try ["alert", "decision:{BTCUSDT}", "plan:{BTCUSDT}", "execution:{BTCUSDT}"].map { stream in
            let fields = try suite.entries(stream).last?.fields.pairs ?? []
            return "\(stream): " + fields.prefix(14).map { "\($0.name)=\($0.value)" }.joined(separator: " ")
        }
    }

    // MARK: What the suite says

    private func isNew(_ entry: StreamEntry) -> Bool { Int64(entry.id.milliseconds) >= beganMs }

    func expectAlert(_ event: String) {
        expect("the alert \(event)") {
            try suite.entries("alert").contains { isNew($0) && $0.fields["event"] == event }
        }
    }

    /// Events of an execution stream since the drill began, or since a time.
    func events(_ kind: String, since ms: Int64? = nil) throws -> [StreamEntry] {
        try ["BTCUSDT", "ETHUSDT"].flatMap { try suite.entries("execution:{\($0)}") }.filter {
            Int64($0.id.milliseconds) >= ms ?? beganMs && $0.fields["event"] == kind
        }
    }

    func expectEvent(_ kind: String) {
        expect("the event \(kind)") { try !events(kind).isEmpty }
    }

    /// A new entry leaves: the suite trades.
    func expectTrading() {
        let now = PaperSuite.nowMs()
        expect("an entry") { try !events("ENTRY_SENT", since: now).isEmpty }
    }

    /// The account's owner buys by hand.
    func buy() throws {
        suite.act(
            #"{"act":"order","account":"paper-key","symbol":"BTCUSDT","side":"BUY","type":"MARKET","quantity":"0.01"}"#)
    }

    /// A position of the owner's own that has been adopted and has its stop: one that is there whatever the market does.
    func bought() throws -> String {
        try flatten()
        try buy()
        expect("the owner's position has a stop") {
            try account.held("BTCUSDT") != 0 && !account.stops("BTCUSDT").isEmpty
        }
        #expect(try suite.run("vortexctl start").exitCode == 0)
        return "BTCUSDT"
    }

    /// Stops entries and closes everything.
    func flatten() throws {
        #expect(try suite.run("vortexctl stop").exitCode == 0)
        expect("flat") { try suite.run("vortexctl close-all").exitCode == 0 }
    }

    func rows(_ table: String) throws -> Int {
        let value = try Database(url: suite.postgresURL).run("SELECT count(*) FROM \(table)").first?.first ?? nil
        return Int(value ?? "") ?? -1
    }
}
