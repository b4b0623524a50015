import Glibc
import RedisTestSupport
import ServiceKit

/// Passes bytes on between clients and the venue, each later by half of a round trip: distance, on loopback.
final class DelayProxy {
    private final class Pipe {
        let from: Int32
        let to: Int32
        init(_ from: Int32, _ to: Int32) { (self.from, self.to) = (from, to) }
    }

    private let reactor = Reactor()
    private let target: Int
    private let delayMs: Int64
    private let listener: Int32
    private var pipes: [Int32: Pipe] = [:]

    /// Nil when the port can't be had.
    init?(port: Int, target: Int, delayMs: Int64) {
        self.target = target
        self.delayMs = delayMs
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var on: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        guard withLoopbackAddress(port, { bind(listener, $0, $1) }) == 0, listen(listener, 64) == 0 else { return nil }
    }

    func run() {
        reactor.watch(listener, for: .read) { [unowned self] _ in accepted() }
        reactor.run()
    }

    private func accepted() {
        let client = accept(listener, nil, nil)
        let venue = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard client >= 0, withLoopbackAddress(target, { connect(venue, $0, $1) }) == 0 else {
            close(client)
            close(venue)
            return
        }
        var on: Int32 = 1
        for side in [client, venue] {
            setsockopt(side, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        }
        join(client, venue)
        join(venue, client)
    }

    private func join(_ from: Int32, _ to: Int32) {
        pipes[from] = Pipe(from, to)
        reactor.watch(from, for: .read) { [unowned self] _ in arrived(from) }
    }

    private func arrived(_ from: Int32) {
        guard let pipe = pipes[from] else { return }
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(from, &buffer, buffer.count, 0)
        guard count > 0 else {
            reactor.unwatch(from)
            reactor.after(ms: delayMs) { [unowned self] in end(pipe) }
            return
        }
        reactor.after(ms: delayMs) {
            var sent = 0
            while sent < count {
                let taken = buffer.withUnsafeBytes {
                    send(pipe.to, $0.baseAddress?.advanced(by: sent), count - sent, Int32(MSG_NOSIGNAL))
                }
                guard taken > 0 else { return }
                sent += taken
            }
        }
    }

    /// One side has ended: the other one hears it, and its descriptor goes when it has ended too.
    private func end(_ pipe: Pipe) {
        pipes[pipe.from] = nil
        shutdown(pipe.to, Int32(SHUT_WR))
        guard pipes[pipe.to] == nil else { return }
        close(pipe.from)
        close(pipe.to)
    }
}
