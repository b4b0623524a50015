import TradingPrimitives

/// Reads recorded frames line by line: what can't be read or can't be true is left out and told.
struct FrameReader<Lines: LineSource> {
    private var lines: Lines
    private var translator: FrameTranslator
    private var lineCount = 0

    var report: RecordingReport { translator.report }

    /// `only`: the contract of frames that name none.
    init(_ lines: Lines, _ symbols: [Symbol], only: Int?, _ times: RecordedTimes) {
        self.lines = lines
        translator = FrameTranslator(symbols, only: only, times: times)
    }

    /// Takes in one line; false at the end.
    mutating func read(_ emit: (MarketEvent) -> Void) -> Bool {
        lineCount += 1
        return Self.readLine(&lines, lineCount, &translator, emit)
    }

    /// Apart from `self`, of which a closure could take only all.
    private static func readLine(
        _ lines: inout Lines, _ number: Int, _ translator: inout FrameTranslator, _ emit: (MarketEvent) -> Void
    ) -> Bool {
        let isRead: Void? = lines.withNextLine { line in
            guard let start = line.firstIndex(of: UInt8(ascii: "{")) else { return }
            translator.translate(line, number: number, from: start, emit)
        }
        return isRead != nil
    }
}
