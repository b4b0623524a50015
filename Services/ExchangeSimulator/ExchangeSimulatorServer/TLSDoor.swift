import CTlsServer
import Glibc

/// A port with TLS before the plain one, with a certificate made at its start.
public final class TLSDoor {
    private let server: OpaquePointer

    /// `port` 0 takes a free one. The certificate goes to a file, for the clients to trust.
    public init(host: String, port: Int, before plainPort: Int, certificatePath: String) throws(ServerError) {
        var limits = tls_limits(connections_max: 256, handshake_ms: 10_000, stall_ms: 60_000, goodbye_ms: 2000)
        guard let server = tls_start(host, Int32(port), Int32(plainPort), certificatePath, &limits) else {
            throw ServerError(
                description: "can't open TLS on \(host):\(port) with the certificate in \(certificatePath): "
                    + String(cString: strerror(errno)))
        }
        self.server = server
    }

    deinit { tls_stop(server) }

    public var port: Int { Int(tls_port(server)) }

    /// Why connections could not be taken since this was asked last; it goes on by itself.
    public func takeTrouble() -> String? {
        let error = tls_take_trouble(server)
        return error == 0 ? nil : String(cString: strerror(error))
    }
}
