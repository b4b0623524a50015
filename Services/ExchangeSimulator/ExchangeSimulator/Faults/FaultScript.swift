/// What is to go wrong and when: lines of `<seconds from the start> <rule or act as JSON>`, `#` begins a comment line.
public struct FaultScript: Sendable {
    public enum Step: Sendable {
        case fault(Fault)
        case act(Act)
    }

    /// A line that can't be followed.
    public struct LineError: Error, CustomStringConvertible {
        public let line: Int
        public let reason: String

        public var description: String { "line \(line): \(reason)" }
    }

    /// In the order of their time; lines of one time in their own.
    private var steps: [(afterMs: Int64, step: Step, text: String)] = []
    private var at = 0

    public init() {}

    public init(_ text: String, for exchange: Exchange) throws(LineError) {
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.split(separator: " ", maxSplits: 1)
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            guard let seconds = Double(first), 0...1_000_000 ~= seconds, words.count == 2 else {
                throw LineError(
                    line: number + 1, reason: "seconds from the start and a JSON object are expected, not '\(line)'")
            }
            do throws(Refusal) {
                steps.append((Int64(seconds * 1000), try exchange.step(words[1].utf8), String(words[1])))
            } catch {
                throw LineError(line: number + 1, reason: error.message)
            }
        }
        steps = steps.enumerated().sorted { ($0.element.afterMs, $0.offset) < ($1.element.afterMs, $1.offset) }
            .map(\.element)
    }

    public var isEnded: Bool { at == steps.count }

    /// Milliseconds of the venue from its start to the next step.
    public var nextMs: Int64? { isEnded ? nil : steps[at].afterMs }

    /// Takes the next step, with its text, if it is due.
    public mutating func next(dueMs: Int64) -> (step: Step, text: String)? {
        guard let next = nextMs, next <= dueMs else { return nil }
        at += 1
        return (steps[at - 1].step, steps[at - 1].text)
    }
}

extension Exchange {
    /// Reads a rule or an act, whichever it says it is.
    public func step(_ text: some Collection<UInt8>) throws(Refusal) -> FaultScript.Step {
        if try NamedMembers(text).has("act") { return .act(try act(text)) }
        return .fault(try fault(text))
    }
}
