import Notices
import SignalContracts
import Testing

struct ChatBookTests {
    private static let second: Int64 = 1_000_000
    private func id(_ number: UInt64) -> StreamId { StreamId(milliseconds: number, sequence: 0) }

    @Test(arguments: [
        (403, "Forbidden: bot was blocked by the user", ChatRefusal.chat),
        (403, "Forbidden: bot was kicked from the supergroup chat", .chat),
        (400, "Bad Request: chat not found", .chat),
        (400, "Bad Request: not enough rights to send text messages to the chat", .chat),
        (400, "Bad Request: a reason that nobody has seen yet", .chat),
        (400, "Bad Request: can't parse entities: unsupported start tag", .message),
        (400, "Bad Request: message is too long", .message), (400, "Bad Request: message text is empty", .message),
    ])
    func `a refusal is of the chat unless it names a flaw of the message`(
        code: Int, text: String, refusal: ChatRefusal
    ) {
        #expect(ChatRefusal(code: code, text: text, movedTo: nil) == refusal)
        #expect(ChatRefusal(code: code, text: text, movedTo: -100) == .moved(to: -100))
    }

    @Test func `a chat that moves takes permission and what is held back with it, as often as it moves`() {
        var book = ChatBook([42, -1])
        book.hold(id(1), for: -1)
        book.hold(id(3), for: -100)
        let isNews = [book.move(-1, to: -100), book.move(-1, to: -100)]
        #expect(isNews == [true, false])
        #expect(book.current(-1) == -100 && book.isListed(-100) && book.isListed(-1) && !book.isListed(-5))
        book.hold(id(2), for: -1)
        for number in 1...3 {
            #expect(book.next(at: 0) { $0 == -100 } == id(UInt64(number)))
            book.release(id(UInt64(number)))
        }
        book.move(-100, to: -200)
        #expect(book.current(-1) == -200 && book.isListed(-200))
        // Words that lead in a ring lead somewhere: to the newest.
        book.move(-200, to: -1)
        #expect(book.current(-1) == -1 && book.current(-200) == -1 && book.current(-100) == -1)
        let isMoved = book.move(-1, to: -1)
        #expect(!isMoved)
    }

    @Test func `what a chat does not take waits in order, is tried less and less often, and holds up nobody else`() {
        var book = ChatBook([42, -1])
        let isNews = [book.closed(-1, "403 Forbidden", at: 0), book.closed(-1, "403 Forbidden", at: 0)]
        #expect(isNews == [true, false])
        #expect(book.mustHold(-1) && !book.mustHold(42))
        for number in [5, 4, 5, 6] { book.hold(id(UInt64(number)), for: -1) }
        #expect(book.complaint == "alerts do not reach everybody: chat -1: 403 Forbidden (3 held back)")
        #expect(book.next(at: 9 * Self.second) { _ in true } == nil)
        #expect(book.next(at: 10 * Self.second) { _ in false } == nil)
        #expect(book.next(at: 10 * Self.second) { _ in true } == id(4))
        for _ in 0..<9 { book.closed(-1, "403 Forbidden", at: 0) }
        #expect(book.next(at: 59 * Self.second) { _ in true } == nil)
        #expect(book.next(at: 60 * Self.second) { _ in true } == id(4))
        let wasClosed = book.opened(-1, at: 60 * Self.second)
        #expect(wasClosed && book.complaint == nil)
        // Later ones stay behind those that are held.
        #expect(book.mustHold(-1))
        for number in 4...6 { book.release(id(UInt64(number))) }
        #expect(!book.mustHold(-1) && book.next(at: 60 * Self.second) { _ in true } == nil)
    }

    @Test func `a chat that nothing was said to is asked whether it listens`() {
        var book = ChatBook([42, -1])
        #expect(book.unsure(at: 0) == 42)
        book.opened(42, at: 0)
        #expect(book.unsure(at: 0) == -1)
        book.closed(-1, "400 chat not found", at: 0)
        book.closed(42, "403 blocked", at: 0)
        #expect(book.unsure(at: 4 * Self.second) == nil)
        #expect(book.complaint == "alerts reach nobody: chat 42: 403 blocked; chat -1: 400 chat not found")
        #expect(book.unsure(at: 5 * Self.second) == 42)
        book.opened(42, at: 5 * Self.second)
        book.hold(id(1), for: -1)
        #expect(book.unsure(at: 6 * Self.second) == nil)
        #expect(book.unsure(at: 1000 * Self.second) == 42)
    }
}
