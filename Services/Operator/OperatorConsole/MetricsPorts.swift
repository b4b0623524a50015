import Glibc
import ServiceKit

/// Where the services show their metrics, as the configuration says it.
extension Console {
    /// By service; without those that show none.
    func metricsPorts() -> [(service: String, port: Int)] {
        let top = ConfigurationSection(configuration, expand: environment)
        return Services.restartable.compactMap { service in
            // What can't be read stops the service itself, which says so.
            let port = try? top.section(service).int("metrics_port", default: 0, in: 0...65_535)
            return port.flatMap { $0 > 0 ? (service, $0) : nil }
        }
    }

    func checkMetricsPorts(_ report: inout DoctorReport) {
        var shown = 0
        let ports = metricsPorts()
        for (service, port) in ports {
            switch Self.whoAnswers(settings.metricsHost, port) {
            case .nobody: break
            case .service(service): shown += 1
            case .service(let other):
                report.add("metrics", .poor, "port \(port) of \(service) is held by \(other): \(Self.unseen)")
            case .stranger:
                report.add("metrics", .poor, "port \(port) of \(service) is held by another program: \(Self.unseen)")
            }
        }
        report.add("metrics", .good, "\(shown) of \(ports.count) services show theirs")
    }

    private static let unseen = "it works and can't be seen; set metrics_port, or end the other"

    private enum Answer: Equatable {
        case nobody, stranger
        case service(String)
    }

    /// Asks for `/healthz`; what does not answer it within a second is no service of ours.
    private static func whoAnswers(_ host: String, _ port: Int) -> Answer {
        let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard connection >= 0 else { return .nobody }
        defer { Glibc.close(connection) }
        var limit = timeval(tv_sec: 1, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(connection, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(truncatingIfNeeded: port).bigEndian)
        inet_pton(AF_INET, host == "0.0.0.0" ? "127.0.0.1" : host, &address.sin_addr)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { return .nobody }
        let request = Array("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
        guard Glibc.send(connection, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            return .stranger
        }
        var answer: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while answer.count < 16_384 {
            let count = recv(connection, &piece, piece.count, 0)
            if count <= 0 { break }
            answer += piece.prefix(count)
        }
        let text = String(decoding: answer, as: UTF8.self)
        guard let range = text.firstRange(of: "{\"service\":\"") else { return .stranger }
        return .service(String(text[range.upperBound...].prefix { $0 != "\"" }))
    }
}
