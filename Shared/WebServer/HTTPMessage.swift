/// The head and body of one HTTP request, as they came.
public struct HTTPRequest {
    public let method: String
    /// Path without its query, percent escapes as they came.
    public let path: String
    public let query: [UInt8]
    public let body: [UInt8]
    private let headers: [(name: String, value: String)]
    public let keepsAlive: Bool

    /// Nil for what is not HTTP/1.
    public init?(head: UnsafeRawBufferPointer, body: UnsafeRawBufferPointer) {
        let text = String(decoding: head, as: UTF8.self)
        let lines = text.split(whereSeparator: { $0 == "\r\n" || $0 == "\n" })
        guard let first = lines.first else { return nil }
        let words = first.split(separator: " ")
        guard words.count == 3, words[2].hasPrefix("HTTP/1.") else { return nil }
        method = String(words[0])
        let target = words[1].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = String(target[0])
        query = target.count > 1 ? Array(target[1].utf8) : []
        self.body = Array(body)
        headers = lines.dropFirst().compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            return (line[..<colon].lowercased(), String(value))
        }
        let connection = headers.first { $0.name == "connection" }?.value.lowercased()
        keepsAlive = words[2] == "HTTP/1.1" ? connection != "close" : connection == "keep-alive"
    }

    /// `name` in lower case.
    public func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

/// The bytes of answers, HTTP/1.1.
public enum HTTPResponse {
    private static let reasons = [
        200: "OK", 202: "Accepted", 204: "No Content", 304: "Not Modified", 400: "Bad Request", 401: "Unauthorized",
        403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout",
        415: "Unsupported Media Type", 418: "I'm a teapot", 429: "Too Many Requests",
        503: "Service Unavailable",
    ]

    public static func bytes(
        status: Int, contentType: String? = "application/json", body: [UInt8], headers: [(String, String)],
        keepsAlive: Bool
    ) -> [UInt8] {
        var head = "HTTP/1.1 \(status) \(reasons[status] ?? "Status")\r\n"
        if let contentType { head += "Content-Type: \(contentType)\r\n" }
        // An answer without a body says so by its status.
        if status != 204, status != 304 { head += "Content-Length: \(body.count)\r\n" }
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if !keepsAlive { head += "Connection: close\r\n" }
        return Array((head + "\r\n").utf8) + body
    }
}
