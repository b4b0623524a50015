import CTlsTalk
import TestSupport
import Testing

/// A client that speaks TLS over a `TestClient`, and may send anything in place of it.
final class TLSTalker {
    private let talk: OpaquePointer
    let wire: TestClient
    private var heard: [UInt8] = []

    init(_ wire: TestClient) throws {
        talk = try #require(tls_talk_open())
        self.wire = wire
    }

    deinit { tls_talk_close(talk) }

    /// What TLS wants to send now, taken off it.
    func outgoing() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        return Array(bytes[..<tls_talk_take(talk, &bytes, bytes.count)])
    }

    /// Hands what has come, at least a byte, to TLS. False at the end.
    private func listen() -> Bool {
        guard let bytes = wire.someBytes() else { return false }
        return tls_talk_give(talk, bytes, bytes.count)
    }

    func shakeHands() -> Bool {
        while !tls_talk_is_ready(talk) {
            wire.write(outgoing())
            if !listen() { return false }
        }
        wire.write(outgoing())
        return true
    }

    /// The records that carry a text.
    func records(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        #expect(tls_talk_write(talk, bytes, bytes.count))
        return outgoing()
    }

    func say(_ text: String) { wire.write(records(text)) }

    func goodbye() -> [UInt8] {
        tls_talk_finish(talk)
        return outgoing()
    }

    /// Reads what TLS can make of what has come, and more when that is nothing. False at the end.
    private func fill() -> Bool {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = tls_talk_read(talk, &bytes, bytes.count)
        heard += bytes[..<count]
        return count > 0 || listen()
    }

    /// Text that comes, up to an end that it must have; nil when the connection ends before.
    func hear(until end: String) -> String? {
        while true {
            if let place = heard.firstRange(of: Array(end.utf8)) {
                defer { heard.removeSubrange(..<place.upperBound) }
                return String(decoding: heard[..<place.upperBound], as: UTF8.self)
            }
            if !fill() { return nil }
        }
    }

    /// So many bytes; nil when the connection ends before.
    func hear(_ count: Int) -> [UInt8]? {
        while heard.count < count { if !fill() { return nil } }
        defer { heard.removeFirst(count) }
        return Array(heard[..<count])
    }
}
