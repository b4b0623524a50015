import Glibc
public import StreamBus

/// A real redis-server that speaks TLS on one port and in the clear on another, with an authority of its own.
public final class SealedRedis {
    /// It by its socket.
    public let plain: RedisServer
    public let port = freePort()
    public let tlsPort = freePort()
    private let folder: String
    /// The file of who has signed its certificate, which is for `localhost` and 127.0.0.1.
    public var authority: String { "\(folder)/ca.crt" }

    /// Nil where there is no redis-server or no openssl. `clients`: whether it wants to know its clients, `yes` or `no`.
    public init?(clients: String = "no") {
        var template = Array("/tmp/vortex7-tls-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return nil }
        folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
        let script = """
            cd \(folder)
            openssl req -x509 \(key) -days 2 -subj /CN=ca -keyout ca.key -out ca.crt
            openssl req \(key) -subj /CN=localhost -keyout own.key -out own.csr
            echo subjectAltName=DNS:localhost,IP:127.0.0.1 > names
            openssl x509 -req -in own.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names -out own.crt
            """
        let made = ChildProcess("/bin/sh", ["-ec", script], output: "\(folder)/log")
        guard made?.wait() == 0 else { return nil }
        let server = RedisServer([
            "--port", "\(port)", "--tls-port", "\(tlsPort)", "--bind", "127.0.0.1", "--tls-cert-file",
            "\(folder)/own.crt", "--tls-key-file", "\(folder)/own.key", "--tls-ca-cert-file", "\(folder)/ca.crt",
            "--tls-auth-clients", clients, "--protected-mode", "no",
        ])
        guard let server else { return nil }
        plain = server
    }

    deinit { removeFolder(folder) }

    /// With TLS: trusting this `authority` (nil for the system's), and showing a certificate of this name.
    public func address(
        _ url: String, authority: String? = nil, certificate: String? = nil
    ) throws(RedisAddress.Flaw) -> RedisAddress {
        var address = try RedisAddress(reading: url)
        if address.tls != nil {
            address.tls = RedisAddress.TLS(
                authorities: authority, certificate: certificate.map { "\(folder)/\($0).crt" },
                key: certificate.map { "\(folder)/\($0).key" })
        }
        return address
    }
}
