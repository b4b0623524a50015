import Glibc
import TestSupport
import Testing

/// Clients of the TLS door that mean harm, or do it.
struct TLSDoorTests {
    private func talker(_ door: Door, receiveRoom: Int32? = nil) throws -> TLSTalker {
        try TLSTalker(try #require(TestClient(port: door.tlsPort, receiveRoom: receiveRoom), "\(door.log)"))
    }

    private func isServed(_ door: Door) throws -> Bool {
        let talker = try talker(door)
        guard talker.shakeHands() else { return false }
        talker.say("POST /echo HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello")
        return talker.hear(until: "hello") != nil
    }

    @Test func `what is no TLS is refused, cut anywhere, and the others are served`() throws {
        let door = try Door()
        let greeting = try talker(door).outgoing()
        #expect(greeting.count > 100)
        for cut in stride(from: 0, to: greeting.count, by: 7) {
            let half = try #require(TestClient(port: door.tlsPort))
            half.write(Array(greeting[..<cut]))
            let damaged = try #require(TestClient(port: door.tlsPort))
            var bytes = greeting
            bytes[cut] ^= 0xFF
            damaged.write(bytes)
        }
        let plain = try #require(TestClient(port: door.tlsPort))
        plain.write("GET /echo HTTP/1.1\r\n\r\n")
        #expect(plain.rest() != nil)
        #expect(try isServed(door))
        door.expectSound()
    }

    @Test func `half a record does not keep back what goes the other way`() throws {
        let door = try Door()
        let talker = try talker(door)
        #expect(talker.shakeHands())
        talker.say("GET /later HTTP/1.1\r\n\r\n")
        try waitUntil { try door.count() >= 1 }
        let next = talker.records("POST /echo HTTP/1.1\r\nContent-Length: 4\r\n\r\nnext")
        talker.wire.write(Array(next[..<(next.count / 2)]))
        #expect((try door.client()).request("GET", "/release") != nil)
        #expect(talker.hear(until: "late 1") != nil)
        talker.wire.write(Array(next[(next.count / 2)...]))
        #expect(talker.hear(until: "next") != nil)
        door.expectSound()
    }

    @Test func `a record that was changed on its way ends its connection alone`() throws {
        let door = try Door()
        let talker = try talker(door)
        #expect(talker.shakeHands())
        var record = talker.records("GET /echo HTTP/1.1\r\n\r\n")
        record[record.count - 1] ^= 1
        talker.wire.write(record)
        #expect(talker.wire.rest() != nil)
        #expect(try door.count() == 0)
        #expect(try isServed(door))
        door.expectSound()
    }

    @Test func `large answers come whole, and who does not read is waited for`() throws {
        let door = try Door()
        let slow = try talker(door, receiveRoom: 4096)
        #expect(slow.shakeHands())
        slow.say("GET /big/3000000 HTTP/1.1\r\n\r\n")
        #expect(try isServed(door))
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n"
        #expect(slow.hear(until: head) == head)
        let body = try #require(slow.hear(3_000_000))
        #expect(body.indices.allSatisfy { body[$0] == UInt8(ascii: "a") + UInt8($0 % 23) })
        door.expectSound()
    }

    @Test func `a goodbye is answered, and a connection without one ends too`() throws {
        let door = try Door()
        let polite = try talker(door)
        #expect(polite.shakeHands())
        polite.wire.write(polite.goodbye())
        #expect(polite.wire.rest() != nil)
        let rude = try talker(door)
        #expect(rude.shakeHands())
        rude.wire.finish()
        #expect(rude.wire.rest() != nil)
        door.expectSound()
    }

    @Test func `a handshake has an end, and so has an answer that nobody takes`() throws {
        let hasty = try Door(["handshake_ms": 100])
        let silent = try #require(TestClient(port: hasty.tlsPort))
        #expect(silent.rest()?.isEmpty == true)
        hasty.expectSound()
        let door = try Door(["stall_ms": 100])
        let slow = try talker(door, receiveRoom: 4096)
        #expect(slow.shakeHands())
        slow.say("GET /big/60000000 HTTP/1.1\r\n\r\n")
        waitUntil { slow.wire.writeWhatFits([0]) < 0 }
        #expect((slow.wire.rest()?.count ?? 0) < 60_000_000)
        door.expectSound()
    }

    @Test func `a crowd that does not shake hands keeps nobody out`() throws {
        let door = try Door(["connections_max": 8])
        var crowd: [TestClient] = []
        for _ in 0..<30 {
            crowd.append(try #require(TestClient(port: door.tlsPort)))
            #expect(try isServed(door))
        }
        withExtendedLifetime(crowd) {}
        door.expectSound()
    }

    @Test func `without descriptors TLS waits, says so, and goes on`() throws {
        let door = try Door(["descriptors": 24])
        let kept = try talker(door)
        #expect(kept.shakeHands())
        var crowd = try (0..<40).map { _ in try #require(TestClient(port: door.tlsPort)) }
        waitUntil { door.log.contains("no TLS: Too many open files") }
        crowd = []
        withExtendedLifetime(crowd) {}
        // One connection takes three descriptors: those of the crowd come back one by one.
        try waitUntil { try isServed(door) }
        kept.say("POST /echo HTTP/1.1\r\nContent-Length: 4\r\n\r\nkept")
        #expect(kept.hear(until: "kept") != nil)
        door.expectSound()
    }
}
