import Glibc
import TestSupport
import Testing

/// Clients of the HTTP server that mean harm, or do it.
struct HTTPDoorTests {
    @Test(arguments: UpgradeForms.malformed(path: "/ws"))
    func `a malformed upgrade is refused with its status, and the server goes on`(form: UpgradeForms.Form) throws {
        let door = try Door()
        let client = try door.client()
        client.write(form.bytes)
        let answer = try #require(client.answer(), "\(door.log)")
        #expect(answer.status == form.status)
        #expect(form.status != 426 || answer.head.contains("Sec-WebSocket-Version: 13"))
        #expect(client.rest()?.isEmpty == true, "the connection ends")
        door.expectSound()
    }

    @Test(arguments: UpgradeForms.wellFormed(path: "/ws"))
    func `an upgrade is taken whatever else its head says`(form: UpgradeForms.Form) throws {
        let door = try Door()
        let client = try door.client()
        // The first frame may come in one piece with the head.
        client.write(form.bytes + TestClient.frame(0x81, Array("at once".utf8)))
        #expect(client.isUpgraded())
        #expect(client.next() == .text("welcome") && client.next() == .text("at once"))
        door.expectSound()
    }

    @Test func `an upgrade that the owner does not take is answered, with or without its words`() throws {
        let door = try Door()
        let client = try door.client()
        #expect(!client.upgrade("/elsewhere"))
        #expect(client.request("POST", "/echo", body: "still here")?.body == "still here")
        #expect(!client.upgrade("/mute"))
        #expect(client.rest()?.isEmpty == true)
        door.expectSound()
    }

    @Test(arguments: [
        ("GET /echo HTTP/1.1\nHost: x\r\n\r\n", 400), ("GET /echo HTTP/1.1\r\nA: b\nC: d\r\n\r\n", 400),
        ("GET /echo HTTP/1.1\r\nA: b\rC: d\r\n\r\n", 400), ("GET /echo HTTP/1.1\r\nA: \0\r\n\r\n", 400),
        ("POST /echo HTTP/1.1\r\nContent-Length : 4\r\n\r\n", 400),
        ("POST /echo HTTP/1.1\r\nContent-Length: -4\r\n\r\n", 400),
        ("POST /echo HTTP/1.1\r\nContent-Length: +4\r\n\r\n", 400),
        ("POST /echo HTTP/1.1\r\nContent-Length: 4, 4\r\n\r\n", 400),
        ("POST /echo HTTP/1.1\r\nContent-Length: 0x4\r\n\r\n", 400),
        ("POST /echo HTTP/1.1\r\nContent-Length:\r\n\r\n", 400),
        ("POST /echo HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 400),
        ("POST /echo HTTP/1.1\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n", 400),
        ("POST /echo HTTP/1.1\r\nContent-Length: 65537\r\n\r\n", 413),
        ("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n", 411),
        ("POST /echo HTTP/1.1\r\n Content-Length: 4\r\n\r\n", 400), ("POST /echo HTTP/1.1\r\n: 4\r\n\r\n", 400),
        ("GET /" + String(repeating: "a", count: 20_000), 431),
    ])
    func `a head that two readers could read in two ways is refused, and what follows it is not served`(
        head: String, status: Int
    ) throws {
        let door = try Door()
        let client = try door.client()
        client.write(head + "GET /big/7 HTTP/1.1\r\n\r\n")
        #expect(client.answer()?.status == status)
        #expect(client.rest()?.isEmpty == true)
        #expect(try door.count() == 0)
        door.expectSound()
    }

    @Test func `answers that nobody takes stop the questions, and are all there in the end`() throws {
        let door = try Door()
        let asked = 2000, size = 1_000_000
        let client = try door.client()
        for _ in 0..<asked { client.write("GET /big/\(size) HTTP/1.1\r\n\r\n") }
        // No more than the system's buffers hold can leave, however long nobody reads.
        var before = 0
        try waitUntil {
            let now = try door.count()
            defer { before = now }
            return now == before && now > 0
        }
        #expect(before < 100, "\(before) of \(asked) questions were answered to nobody")
        #expect(door.residentMB < 200)
        for _ in 0..<before + 20 {
            let answer = try #require(client.answer())
            #expect(answer.body.utf8.count == size && answer.body.hasPrefix("abc"))
        }
        door.expectSound()
    }

    @Test func `a large answer comes to its end at a client that reads slowly`() throws {
        let door = try Door()
        let client = try door.client(receiveRoom: 4096)
        client.write("GET /big/30000000 HTTP/1.1\r\nConnection: close\r\n\r\n")
        var left = 30_000_000
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 30000000\r\n\r\n"
        #expect(client.bytes(head.utf8.count)?.elementsEqual(head.utf8) == true)
        while left > 0, client.bytes(min(left, 50_000)) != nil { left -= min(left, 50_000) }
        #expect(left == 0)
        #expect(client.rest()?.isEmpty == true)
        door.expectSound()
    }

    @Test func `answers keep the order of the questions, whichever is ready first`() throws {
        let door = try Door()
        let client = try door.client()
        client.ask("GET", "/later")
        client.ask("POST", "/echo", body: "two")
        client.ask("POST", "/echo", body: "three")
        let other = try door.client()
        other.ask("GET", "/later")
        try waitUntil { try door.count() >= 2 }
        #expect((try door.client()).request("GET", "/release") != nil)
        #expect(other.answer()?.body.hasPrefix("late") == true)
        #expect(client.answer()?.body.hasPrefix("late") == true)
        #expect(client.answer()?.body == "two" && client.answer()?.body == "three")
        door.expectSound()
    }

    @Test func `who has had the last answer may talk on, and it is neither heard nor kept`() throws {
        let door = try Door(["goodbye_ms": 500])
        let client = try door.client()
        client.ask("GET", "/echo", headers: ["Connection: close"])
        #expect(client.answer()?.status == 200)
        let flood = Array(repeating: Array("GET /echo HTTP/1.1\r\n\r\n".utf8), count: 40_000).flatMap { $0 }
        // Until it is shut out.
        waitUntil { client.writeWhatFits(flood) < 0 }
        #expect(try door.count() == 1)
        #expect(door.residentMB < 200)
        door.expectSound()
    }

    @Test func `an answer too large to be one is a refusal`() throws {
        let door = try Door(["answer_max": 1000])
        let client = try door.client()
        #expect(client.request("GET", "/big/2000")?.status == 500)
        #expect(client.rest()?.isEmpty == true)
        door.expectSound()
    }

    @Test func `who has asked once and is silent then is let go`() throws {
        let door = try Door(["idle_ms": 1000])
        var client: TestClient?
        // A machine that is busy may take longer to ask than this server waits.
        try waitUntil {
            client = try door.client()
            return client?.request("GET", "/echo")?.status == 200
        }
        #expect(client?.rest()?.isEmpty == true)
        door.expectSound()
    }

    @Test(arguments: ["idle_ms", "request_ms", "answer_ms", "stall_ms", "goodbye_ms"])
    func `each wait has an end of its own`(wait: String) throws {
        let door = try Door([wait: 100])
        let client = try door.client(receiveRoom: 4096)
        switch wait {
        case "idle_ms": break
        case "request_ms": client.write("GET /echo HTTP/1.1\r\nA: b\r\n")
        case "answer_ms": client.ask("GET", "/never")
        case "stall_ms": client.ask("GET", "/big/60000000")
        default: client.ask("GET", "/echo", headers: ["Connection: close"])
        }
        if wait == "stall_ms" {
            // It is cut in the middle: what comes after that is no whole answer.
            waitUntil { client.writeWhatFits([0]) < 0 }
            #expect((client.rest()?.count ?? 0) < 60_000_000)
        } else if wait == "goodbye_ms" {
            #expect(client.answer()?.status == 200)
            waitUntil { client.writeWhatFits([0]) < 0 }
        } else {
            #expect(client.rest()?.isEmpty == true)
        }
        door.expectSound()
    }

    @Test func `a request that dribbles in is not served for longer than a whole one may take`() throws {
        let door = try Door(["request_ms": 300])
        let client = try door.client()
        client.write("GET /echo HTTP/1.1\r\n")
        // Each letter is news, but no new wait.
        waitUntil { client.writeWhatFits([UInt8(ascii: "a")]) < 0 }
        #expect(try door.count() == 0)
        door.expectSound()
    }

    @Test func `a crowd of the silent and the slow keeps nobody out`() throws {
        let door = try Door(["connections_max": 16])
        var crowd: [TestClient] = []
        for number in 0..<60 {
            let client = try door.client()
            switch number % 3 {
            case 0: client.write("GET /echo HT")
            case 1: client.ask("GET", "/echo", headers: ["Connection: close"])
            default: break
            }
            crowd.append(client)
            #expect((try door.client()).request("POST", "/echo", body: "\(number)")?.body == "\(number)")
        }
        #expect(!door.log.contains("turned away"))
        withExtendedLifetime(crowd) {}
        door.expectSound()
    }

    @Test func `when all are at work a new one is turned away, and that is told`() throws {
        let door = try Door(["connections_max": 4, "goodbye_ms": 100])
        let waiting = try door.client()
        waiting.ask("GET", "/later")
        try waitUntil { try door.count() == 1 }
        let sockets = try (0..<3).map { _ in try door.socket() }
        waitUntil { (try? door.client())?.rest() != nil && door.log.contains("turned away: Device or resource busy") }
        for socket in sockets {
            socket.say("here")
            #expect(socket.next() == .text("here"))
        }
        sockets[0].write(TestClient.frame(0x88, []))
        #expect(sockets[0].next() == .close(0))
        waitUntil { door.log.contains("closed") }
        #expect((try door.client()).request("GET", "/places")?.body == "4 there, some not")
        door.expectSound()
    }

    @Test func `without descriptors the server waits, says so, and goes on`() throws {
        let door = try Door(["descriptors": 24])
        let kept = try door.client()
        #expect(kept.request("GET", "/echo")?.status == 200)
        var crowd = try (0..<40).map { _ in try door.client() }
        waitUntil { door.log.contains("turned away: Too many open files") }
        #expect(kept.request("POST", "/echo", body: "still")?.body == "still")
        crowd = []
        #expect((try door.client()).request("POST", "/echo", body: "again")?.body == "again")
        withExtendedLifetime(crowd) {}
        door.expectSound()
    }

    @Test func `a client that goes at any moment takes nothing with it`() throws {
        let door = try Door()
        let request = Array("POST /echo HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody".utf8)
        for cut in 0...request.count {
            (try door.client()).write(Array(request[..<cut]))
            let waiting = try door.client()
            waiting.ask("GET", "/never")
            let reading = try door.client()
            reading.ask("GET", "/big/3000000")
            _ = reading.bytes(cut)
        }
        door.expectSound()
    }
}
