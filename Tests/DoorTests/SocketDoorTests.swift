import Glibc
import TestSupport
import Testing

/// Clients of the WebSocket server that break the protocol, do not listen, or do not answer.
struct SocketDoorTests {
    struct Breach: CustomTestStringConvertible, Sendable {
        let what: String
        let bytes: [UInt8]
        var code = 1002
        var testDescription: String { what }
    }

    private static func frame(_ first: UInt8, _ text: String = "") -> [UInt8] {
        TestClient.frame(first, Array(text.utf8))
    }

    static let breaches: [Breach] = [
        Breach(what: "a frame without a mask", bytes: [0x81, 2, 65, 66]),
        Breach(what: "a reserved bit", bytes: frame(0xC1, "a")),
        Breach(what: "another reserved bit", bytes: frame(0x91, "a")),
        Breach(what: "an unknown kind", bytes: frame(0x83, "a")),
        Breach(what: "an unknown control", bytes: frame(0x8B)),
        Breach(what: "a ping in pieces", bytes: frame(0x09)),
        Breach(what: "a ping that is too long", bytes: frame(0x89, String(repeating: "a", count: 126))),
        Breach(what: "a continuation of nothing", bytes: frame(0x80, "a")),
        Breach(what: "a beginning within another", bytes: frame(0x01, "a") + frame(0x81, "b")),
        Breach(what: "a goodbye of one byte", bytes: frame(0x88, "a")),
        Breach(what: "a goodbye of a code that is not said", bytes: TestClient.frame(0x88, [3, 0xED])),
        Breach(what: "a goodbye of code 0", bytes: TestClient.frame(0x88, [0, 0])),
        Breach(what: "no UTF-8", bytes: TestClient.frame(0x81, [0xC3, 0x28]), code: 1007),
        Breach(what: "half a letter", bytes: TestClient.frame(0x81, [0xE2, 0x82]), code: 1007),
        Breach(what: "a surrogate", bytes: TestClient.frame(0x81, [0xED, 0xA0, 0x80]), code: 1007),
        Breach(
            what: "a message that is too long", bytes: [0x81, 0xFF, 0, 0, 0, 0, 0, 1, 0, 1, 1, 2, 3, 4], code: 1009),
        Breach(
            what: "the longest message that can be said",
            bytes: [0x82] + [UInt8](repeating: 0xFF, count: 9) + [1, 2, 3, 4],
            code: 1009),
        Breach(
            what: "pieces that are too long together",
            bytes: frame(0x01, String(repeating: "a", count: 60_000))
                + frame(0x80, String(repeating: "a", count: 60_000)),
            code: 1009),
    ]

    @Test(arguments: breaches)
    func `a breach of the protocol is answered with its code, and nothing after it is heard`(breach: Breach) throws {
        let door = try Door()
        let socket = try door.socket()
        socket.write(breach.bytes + Self.frame(0x81, "not heard"))
        #expect(socket.next() == .close(breach.code))
        #expect(socket.rest()?.isEmpty == true)
        door.expectSound()
    }

    @Test func `messages come whole, however they are cut`() throws {
        let door = try Door()
        let socket = try door.socket()
        socket.write(
            Self.frame(0x01, "in ") + Self.frame(0x89, "ping") + Self.frame(0x00, "three ") + Self.frame(0x8A)
                + Self.frame(0x80, "parts"))
        #expect(socket.next() == .other(10) && socket.note == "ping")
        #expect(socket.next() == .text("in three parts"))
        let letters = "é€😀"
        let bytes = Array(letters.utf8)
        // A letter may be cut between two frames, and a frame anywhere.
        for cut in 1..<bytes.count {
            for byte in TestClient.frame(0x01, Array(bytes[..<cut])) + TestClient.frame(0x80, Array(bytes[cut...])) {
                socket.write([byte])
            }
            #expect(socket.next() == .text(letters))
        }
        for size in [0, 125, 126, 65_535, 65_536] {
            socket.say(String(repeating: "b", count: size))
            #expect(socket.next() == .text(String(repeating: "b", count: size)))
        }
        for number in 0..<1000 { socket.say("\(number)") }
        for number in 0..<1000 { #expect(socket.next() == .text("\(number)")) }
        door.expectSound()
    }

    @Test func `a goodbye is answered with its own code`() throws {
        let door = try Door()
        for (said, heard) in [([], 0), ([3, 0xE8], 1000), ([0x0F, 0xA0, 98, 121, 101], 4000)] as [([UInt8], Int)] {
            let socket = try door.socket()
            socket.write(TestClient.frame(0x88, said))
            #expect(socket.next() == .close(heard))
            #expect(socket.rest()?.isEmpty == true)
        }
        door.expectSound()
    }

    @Test func `a reason that is too long is cut between two letters`() throws {
        let door = try Door(["goodbye_ms": 100])
        let socket = try door.socket()
        socket.say("bye")
        socket.say("not heard any more")
        #expect(socket.next() == .close(4000))
        #expect(socket.note == String(repeating: "€", count: 41))
        socket.write(TestClient.frame(0x88, [0x0F, 0xA0]))
        #expect(socket.rest()?.isEmpty == true)
        waitUntil { door.log.contains("closed") }
        door.expectSound()
    }

    @Test func `who does not answer a goodbye is let go`() throws {
        let door = try Door(["goodbye_ms": 100])
        let socket = try door.socket()
        socket.say("bye")
        #expect(socket.next() == .close(4000))
        #expect(socket.rest()?.isEmpty == true)
        door.expectSound()
    }

    @Test func `who does not listen is cut when its queue is full, and the others go on`() throws {
        let door = try Door(["queue_max": 200_000])
        let deaf = try door.socket(receiveRoom: 4096)
        let other = try door.socket()
        deaf.say("flood")
        waitUntil { door.log.contains("closed") }
        other.say("here")
        #expect(other.next() == .text("here"))
        door.expectSound()
    }

    @Test func `answers to pings that nobody reads have the same limit`() throws {
        let door = try Door(["queue_max": 200_000])
        let deaf = try door.socket(receiveRoom: 4096)
        let pings = (0..<1000).flatMap { _ in Self.frame(0x89, String(repeating: "p", count: 125)) }
        waitUntil { deaf.writeWhatFits(pings) < 0 }
        waitUntil { door.log.contains("closed") }
        #expect(door.residentMB < 200)
        door.expectSound()
    }

    @Test func `who is silent is asked, and cut when no answer comes`() throws {
        let patient = try Door(["ping_after_ms": 50])
        let answering = try patient.socket()
        for _ in 0..<6 {
            #expect(answering.next() == .other(9))
            answering.write(TestClient.frame(0x8A, []))
        }
        patient.expectSound()
        let door = try Door(["ping_after_ms": 50, "hangup_after_ms": 200])
        let silent = try door.socket()
        #expect(silent.next() == .other(9))
        #expect(silent.rest()?.isEmpty == true)
        door.expectSound()
    }

    @Test func `a connection that its owner cuts in the middle of a message is gone for all`() throws {
        let door = try Door()
        let sockets = try (0..<8).map { _ in try door.socket() }
        for socket in sockets { socket.write(Self.frame(0x81, "cut") + Self.frame(0x81, "more") + Self.frame(0x89)) }
        for socket in sockets { #expect(socket.next() == nil) }
        waitUntil { door.log.split(separator: "\n").count { $0 == "closed" } == sockets.count }
        door.expectSound()
    }

    @Test func `who goes at any moment takes nothing with it`() throws {
        let door = try Door()
        let bytes = Self.frame(0x01, "a") + Self.frame(0x89, "b") + Self.frame(0x80, "c") + Self.frame(0x88)
        for cut in 0...bytes.count { (try door.socket()).write(Array(bytes[..<cut])) }
        waitUntil { door.log.split(separator: "\n").count { $0 == "closed" } == bytes.count + 1 }
        door.expectSound()
    }
}
