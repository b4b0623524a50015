import Execution
import SignalContracts
import Testing
import TradingPrimitives

/// What the shell finds in the way of entries.
struct HindranceTests {
    private func denial(after event: ExecutorEvent) throws -> String? {
        var talk = try Conversation.ready()
        talk.hear(event)
        talk.hear(.plan(talk.symbol, try talk.plan()))
        return talk.events.last { $0.kind == .planDenied }?.detail
    }

    @Test func `without the lease, or with too much unsaid, no entry is sent`() throws {
        for hindrance in [EntryHindrance.lease, .outbox] {
            #expect(try denial(after: .hindrance(hindrance, isPresent: true)) != nil)
            #expect(try denial(after: .hindrance(hindrance, isPresent: false)) == nil)
        }
    }

    @Test func `a contract that the venue has halted takes no entry until it is traded again`() throws {
        let symbol = try #require(Symbol("BTCUSDT"))
        #expect(try denial(after: .status(symbol, "SETTLING"))?.contains("SETTLING") == true)
        #expect(try denial(after: .status(symbol, "TRADING")) == nil)
    }

    @Test func `streams that are lost stop entries until 'start', also over a restart`() throws {
        var talk = try Conversation.ready()
        talk.hear(.streamsLost("Redis lost the streams"))
        #expect(!talk.executor.acceptsEntries && talk.journal.contains(.entriesStopped(true)))
        #expect(
            talk.messages.contains {
                if case .alert(let alert) = $0 {
                    alert.severity == .critical && alert.event == "streams_lost"
                } else {
                    false
                }
            })
        talk.hear(.command(Command(id: "c1", issuedAt: talk.now, author: "test", name: .start)))
        #expect(talk.executor.acceptsEntries)
    }
}
