import Foundation
import SignalContracts
import TestSupport
import Testing
import TradingPrimitives

/// Each message's wire form, pinned. To accept a wanted change: `VORTEX7_REGENERATE=1 swift test --filter GoldenTests`.
struct GoldenTests {
    private let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")
    private let isRegenerating = ProcessInfo.processInfo.environment["VORTEX7_REGENERATE"] != nil

    @Test func `every message has its golden form and survives the wire`() throws {
        try Samples.forEach { name, message in
            let text = message.fields.pairs.map { "\($0.name) \($0.value)\n" }.joined()
            let file = folder.appending(path: "\(name).v\(type(of: message).version).txt")
            if isRegenerating { try text.write(to: file, atomically: true, encoding: .utf8) }
            #expect(try String(contentsOf: file, encoding: .utf8) == text, "\(file.lastPathComponent)")
            try expectRoundTrip(message)
        }
    }

    private func expectRoundTrip<Message: StreamMessage>(_ message: Message) throws {
        #expect(try Message(message.fields) == message)
    }

    @Test func `a missing, spoilt or newer entry becomes a typed error`() throws {
        try Samples.forEach { name, message in try expectRefusals(name, message) }
    }

    private func expectRefusals<Message: StreamMessage>(_ name: String, _ message: Message) throws {
        let pairs = message.fields.pairs
        for (index, pair) in pairs.enumerated() {
            var without = pairs
            without.remove(at: index)
            // What is optional reads as absent; what is required is missed by name. Never a crash, never a guess.
            do { _ = try Message(entry(without)) } catch {
                // Without the word that opens a part, what belonged to it is missed under its own name.
                if case .missing = error {} else { Issue.record("\(name) without \(pair.name): \(error)") }
            }
            var spoilt = pairs
            spoilt[index].value = "\u{0}?"
            do { _ = try Message(entry(spoilt)) } catch {
                switch error {
                case .malformed(let field, _): #expect(field == pair.name, "\(name)")
                case .unknownType: #expect(pair.name == "engine")
                case .missing, .outOfRange, .unknownVersion:
                    Issue.record("\(name) with a spoilt \(pair.name): \(error)")
                }
            }
        }
        var newer = pairs
        newer[0].value = "\(Message.version + 1)"
        #expect(throws: ContractError.unknownVersion(Message.version + 1), "\(name)") { try Message(entry(newer)) }
    }

    @Test func `mutated entries never crash a reader`() throws {
        var random = SplitMix64(seed: 44)
        try Samples.forEach { _, message in
            for _ in 0..<300 { readMutation(of: message, &random) }
        }
    }

    private func readMutation<Message: StreamMessage>(of message: Message, _ random: inout SplitMix64) {
        var pairs = message.fields.pairs
        for _ in 0...random.next() % 3 {
            let index = Int(random.next() % UInt64(pairs.count))
            var bytes = Array(pairs[index].value.utf8)
            switch random.next() % 4 {
            case 0: bytes.append(UInt8(truncatingIfNeeded: random.next()))
            case 1:
                if !bytes.isEmpty {
                    bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
                }
            case 2: bytes.removeLast(min(bytes.count, Int(random.next() % 4)))
            default: bytes += Array("99999999999999999999".utf8)
            }
            pairs[index].value = String(decoding: bytes, as: UTF8.self)
        }
        _ = try? Message(entry(pairs))
    }

    private func entry(_ pairs: [(name: String, value: String)]) -> Fields {
        var fields = Fields()
        for (name, value) in pairs {
            Array(name.utf8).withUnsafeBytes { name in
                Array(value.utf8).withUnsafeBytes { fields.append(name: name, value: $0) }
            }
        }
        return fields
    }
}
