import Glibc
public import ServiceKit

/// A server of the test's own that answers each request as it is told: a body, or silence and the end.
public final class TalkingServer {
    private let reactor: Reactor
    public private(set) var requests: [String] = []
    private let listener: Int32
    private let answer: (Int, String) -> String?
    public private(set) var port = 0

    public init(_ reactor: Reactor, answer: @escaping (_ count: Int, _ request: String) -> String?) throws {
        self.reactor = reactor
        self.answer = answer
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(listener, $0, size)
                _ = listen(listener, 8)
                _ = getsockname(listener, $0, &size)
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        reactor.watch(listener, for: .read) { [unowned self] _ in accepted() }
    }

    deinit {
        reactor.unwatch(listener)
        close(listener)
    }

    private func accepted() {
        let client = accept(listener, nil, nil)
        reactor.watch(client, for: .read) { [unowned self] _ in serve(client) }
    }

    private func serve(_ client: Int32) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = read(client, &buffer, buffer.count)
        var reply: String?
        if count > 0 {
            let request = String(decoding: buffer[..<count], as: UTF8.self)
            requests.append(request)
            reply = answer(requests.count, request)
        }
        guard let reply else {
            reactor.unwatch(client)
            close(client)
            return
        }
        let bytes = Array(reply.utf8)
        _ = write(client, bytes, bytes.count)
    }

    /// A whole answer, as `answer` may give it.
    public static func http(_ status: Int, _ body: String, _ headers: String = "") -> String {
        "HTTP/1.1 \(status) X\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)"
    }
}
