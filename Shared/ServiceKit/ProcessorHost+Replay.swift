import SignalContracts
import StreamBus
import TradingPrimitives

// The same processor over a capture of the streams instead of the streams: what it says now beside what it said then.
extension ProcessorHost {
    /// Replays the capture, prints what came out as a line of JSON, and the first difference with its context. Exits 0 when
    /// all that could be compared is equal, 8 when not, 1 when the file can't be read.
    func replay(_ path: String) -> ExitCode {
        guard let bytes = readFile(path) else {
            complain("\(context.name): \(path) can't be read")
            return .failure
        }
        let capture: StreamCapture
        do throws(StreamCapture.Malformed) {
            // Books and trades are most of it.
            let kinds = Set(Processor.Input.streams + (references?.streams ?? []).map(\.kind))
            capture = try StreamCapture(bytes) { !$0.kind.isMarketData || kinds.contains($0.kind) }
        } catch {
            complain("\(context.name): \(path), \(error)")
            return .failure
        }
        let comparison = compare(capture)
        print(comparison.line(service: context.name))
        guard let difference = comparison.difference else {
            return comparison.comparedCount > 0 ? .success : .verificationFailed
        }
        complain("\(context.name): \(difference)")
        return .verificationFailed
    }

    private func compare(_ capture: StreamCapture) -> ReplayComparison {
        let streams = Processor.Input.streams(for: capture.header.symbols)
        let others = references?.streams ?? []
        var inputs: [(id: StreamId, stream: Int, entry: Int)] = []
        for (index, entry) in capture.entries.enumerated() {
            if let stream = streams.firstIndex(of: entry.stream) ?? others.firstIndex(of: entry.stream) {
                inputs.append((entry.id, stream, index))
            }
        }
        // As the live host: by id, entries of one moment in the order of the streams.
        inputs.sort { ($0.id, $0.stream) < ($1.id, $1.stream) }
        var comparison = ReplayComparison(capture.header, service: context.name)
        var processor = make()
        for entry in capture.entries where Processor.Input.recalled.contains(entry.stream.kind) {
            guard Timestamp(milliseconds: Int64(entry.id.milliseconds)) < capture.header.from,
                let message = try? Processor.Input(stream: entry.stream, id: entry.id, fields: entry.fields)
            else { continue }
            processor.process(message) { _ in }
        }
        for input in inputs {
            let entry = capture.entries[input.entry]
            guard let message = try? Processor.Input(stream: entry.stream, id: entry.id, fields: entry.fields) else {
                continue
            }
            let isReference = !streams.contains(entry.stream)
            processor.process(message) { output in
                guard !isReference else { return }
                var fields = Fields()
                output.encode(into: &fields)
                comparison.said(output.stream, fields)
            }
        }
        comparison.finish(capture.entries)
        return comparison
    }
}

/// What a processor said in a replay, beside what stands in the capture.
struct ReplayComparison {
    /// Words of one kind: those of one stream, of one engine in it.
    private struct Key: Hashable {
        let stream: StreamName
        let author: String
    }

    private let header: StreamCapture.Header
    private let service: String
    private var said: [Key: [Fields]] = [:]
    private(set) var comparedCount = 0
    private(set) var differentCount = 0
    /// The first one.
    private(set) var difference: String?
    /// What was set off this shortly before the window's end may not have been written when the capture was taken.
    private static let marginMs: Int64 = 5000

    init(_ header: StreamCapture.Header, service: String) {
        self.header = header
        self.service = service
    }

    mutating func said(_ stream: StreamName, _ fields: Fields) {
        guard isInWindow(fields) else { return }
        said[Self.key(stream, fields), default: []].append(fields)
    }

    /// By what set it off, else by its own time, so that both sides are cut at the same place.
    private func isInWindow(_ fields: Fields) -> Bool {
        let cause: StreamId? = (try? fields.optional("cause")) ?? nil
        let time: Timestamp? =
            cause.map { Timestamp(milliseconds: Int64($0.milliseconds)) } ?? (try? fields.optional("event_time")) ?? nil
        guard let time else { return false }
        return time >= header.from && time < header.to - Self.marginMs
    }

    private static func key(_ stream: StreamName, _ fields: Fields) -> Key {
        Key(stream: stream, author: fields["engine"] ?? fields["service"] ?? "")
    }

    /// Compares with what stands in the capture.
    mutating func finish(_ entries: [StreamCapture.Entry]) {
        var written: [Key: [(id: StreamId, fields: Fields)]] = [:]
        for entry in entries where isInWindow(entry.fields) {
            let key = Self.key(entry.stream, entry.fields)
            if said[key] != nil || key.author == service { written[key, default: []].append((entry.id, entry.fields)) }
        }
        let keys = Set(said.keys).union(written.keys)
        for key in keys.sorted(by: { ($0.stream.key, $0.author) < ($1.stream.key, $1.author) }) {
            compare(key, said[key] ?? [], written[key] ?? [])
        }
    }

    private mutating func compare(_ key: Key, _ said: [Fields], _ written: [(id: StreamId, fields: Fields)]) {
        comparedCount += max(said.count, written.count)
        for index in 0..<max(said.count, written.count) {
            let now = index < said.count ? said[index] : nil
            let then = index < written.count ? written[index] : nil
            guard now.map(Self.comparable) != (then?.fields).map(Self.comparable) else { continue }
            differentCount += 1
            guard difference == nil else { continue }
            let before = written[max(0, index - 3)..<min(index, written.count)]
            difference = Self.describe(key.stream, now, then, before: before)
        }
    }

    /// Without what says whose a word is: another version may replay it, for another venue.
    private static func comparable(_ fields: Fields) -> Fields { fields.without(["mode", "program"]) }

    private static func describe(
        _ stream: StreamName, _ now: Fields?, _ then: (id: StreamId, fields: Fields)?,
        before: ArraySlice<(id: StreamId, fields: Fields)>
    ) -> String {
        var lines = ["the first difference, in \(stream.key):"]
        for entry in before { lines.append("  before  \(entry.id) \(text(entry.fields))") }
        lines.append("  then    " + (then.map { "\($0.id) \(text($0.fields))" } ?? "nothing"))
        lines.append("  now     " + (now.map(text) ?? "nothing"))
        if let now, let then {
            let old = then.fields.pairs, new = now.pairs
            let names = (old.map(\.name) + new.map(\.name)).reduce(into: [String]()) { names, name in
                if !names.contains(name) { names.append(name) }
            }
            for name in names {
                let was = old.first { $0.name == name }?.value, become = new.first { $0.name == name }?.value
                if was != become { lines.append("  \(name): \(was ?? "absent") then, \(become ?? "absent") now") }
            }
        }
        return lines.joined(separator: "\n")
    }

    private static func text(_ fields: Fields) -> String {
        fields.pairs.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
    }

    func line(service: String) -> String {
        "{\"service\":\"\(service)\",\"compared\":\(comparedCount),\"different\":\(differentCount)}"
    }
}
