import CZlib
import ServiceKit
import WebServer

/// The pages' files, read once at the start and kept packed.
struct WebFiles {
    private struct File {
        let contentType: String
        let bytes: [UInt8]
        let packed: [UInt8]
        let tag: String
    }

    /// A browser asks again each time, and is told that nothing has changed: an upgrade shows at once.
    private static let caching = ("Cache-Control", "no-cache")
    private static let types = [
        "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8",
        "svg": "image/svg+xml", "txt": "text/plain; charset=utf-8", "webmanifest": "application/manifest+json",
    ]
    private var files: [String: File] = [:]

    struct Trouble: Error, CustomStringConvertible {
        let description: String
    }

    init(folder: String, chartLibrary: String) throws(Trouble) {
        try add(folder, at: "")
        guard files["/index.html"] != nil else {
            throw Trouble(description: "dashboard.web: there is no index.html in \(folder)")
        }
        files["/"] = files["/index.html"]
        guard let library = readFile(chartLibrary) else {
            throw Trouble(
                description: "dashboard.chart_library: can't read \(chartLibrary); 'make install' puts it there")
        }
        add(library, at: "/vendor/lightweight-charts.js")
    }

    private mutating func add(_ folder: String, at path: String) throws(Trouble) {
        guard let entries = folderEntries(folder) else {
            throw Trouble(description: "dashboard.web: can't read \(folder)")
        }
        for (name, isFolder) in entries where !name.hasPrefix(".") {
            if isFolder {
                try add("\(folder)/\(name)", at: "\(path)/\(name)")
            } else if Self.contentType(name) != nil, let bytes = readFile("\(folder)/\(name)") {
                add(bytes, at: "\(path)/\(name)")
            }
        }
    }

    private mutating func add(_ bytes: [UInt8], at path: String) {
        guard let contentType = Self.contentType(path) else { return }
        files[path] = File(
            contentType: contentType, bytes: bytes, packed: Self.packed(bytes),
            tag: "\"\(Encoding.hexadecimal(Secrets.sha256(bytes).prefix(12)))\"")
    }

    private static func contentType(_ path: String) -> String? {
        path.split(separator: ".").last.flatMap { types[String($0)] }
    }

    /// As gzip.
    private static func packed(_ bytes: [UInt8]) -> [UInt8] {
        var stream = z_stream()
        guard czlib_gzip_init(&stream) == Z_OK else { preconditionFailure("zlib has no memory") }
        defer { deflateEnd(&stream) }
        var input = bytes
        var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
        let size = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                return deflate(&stream, Z_FINISH) == Z_STREAM_END ? Int(stream.total_out) : 0
            }
        }
        return Array(output.prefix(size))
    }

    /// Nil for a path that is not there.
    func answer(_ request: HTTPRequest) -> Answer? {
        guard let file = files[request.path] else { return nil }
        var headers = [Self.caching, ("ETag", file.tag), ("Vary", "Accept-Encoding")]
        if request.header("if-none-match") == file.tag {
            return Answer(status: 304, contentType: nil, headers: headers)
        }
        guard (request.header("accept-encoding") ?? "").contains("gzip") else {
            return Answer(contentType: file.contentType, body: file.bytes, headers: headers)
        }
        headers.append(("Content-Encoding", "gzip"))
        return Answer(contentType: file.contentType, body: file.packed, headers: headers)
    }
}
