public import Glibc
import Synchronization

/// Where the next search begins: far from where the process of tests beside this one begins.
private let next = Atomic<Int>(Int(getpid()) * 1009)

/// A TCP port of the loopback that nothing listens on.
///
/// Below those that the system gives to outgoing connections, and never the same one twice: a server that takes seconds to
/// start must still find it free.
public func freePort() -> Int {
    while true {
        let port = 20_000 + next.wrappingAdd(1, ordering: .relaxed).oldValue % 12_000
        if isFree(port) { return port }
    }
}

private func isFree(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    return withLoopbackAddress(port) { bind(descriptor, $0, $1) } == 0
}

/// Gives the loopback's address with a port to one of the socket calls.
public func withLoopbackAddress(
    _ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port).bigEndian)
    address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}
