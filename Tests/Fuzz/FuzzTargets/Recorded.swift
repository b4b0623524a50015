import Foundation
import TestSupport

/// Frames and answers of the real venue and of its documentation, where this machine has them; none elsewhere.
enum Recorded {
    static var marketFrames: [[UInt8]] {
        (try? SharedData.lines("book/cryptofeed_BINANCE_FUTURES.ws.1.0.txt.gz").prefix(400).compactMap { line in
            line.firstIndex(of: "{").map { Array(line[$0...].utf8) }
        }) ?? [] + files(in: "fixtures/streams")
    }

    static var userFrames: [[UInt8]] { files(in: "fixtures/streams") }
    static var restAnswers: [[UInt8]] { files(in: "fixtures/rest").map(body) }

    /// A documented call is its method, its path and whether it is signed, a line each, and then the answer.
    private static func body(_ file: [UInt8]) -> [UInt8] {
        let start = file.firstIndex { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "[") }
        return start.map { Array(file[$0...]) } ?? []
    }

    private static func files(in folder: String) -> [[UInt8]] {
        guard SharedData.isPresent else { return [] }
        let folder = SharedData.folder.appending(path: folder)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path))?.sorted() ?? []
        return names.compactMap { name in
            (try? Data(contentsOf: folder.appending(path: name))).flatMap { $0.count < 20_000 ? Array($0) : nil }
        }
    }
}
