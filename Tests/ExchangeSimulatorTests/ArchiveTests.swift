import ExchangeSimulator
import ExchangeSimulatorServer
import Foundation
import Testing
import TradingPrimitives

/// Archives as they are found: however they were written they play the same, and what can't be true is not played.
struct ArchiveTests {
    private let maker: ArchiveMaker
    private let rows = ArchiveMaker.rows()
    private let whole: [MarketEvent]

    init() throws {
        maker = try ArchiveMaker()
        whole = ArchiveMaker.events(try ArchiveMaker.open(try maker.file(ArchiveMaker.text(rows))))
        #expect(whole.count == 600)
    }

    private func check(_ data: Data, _ name: String, as what: String) throws {
        do {
            let set = try ArchiveMaker.open(try maker.file(data, name))
            let isSame = ArchiveMaker.events(set) == whole
            #expect(isSame, "\(what)")
        } catch {
            Issue.record("\(what): \(error)")
        }
    }

    @Test func `an archive plays the same however it was written`() throws {
        let name = "BTCUSDT-aggTrades-2025-01-01.csv"
        let capital = rows.map { $0.replacing("true", with: "TRUE").replacing("false", with: "False") }
        let mark = Data([0xEF, 0xBB, 0xBF])
        func text(_ rows: [String], _ header: String?, _ end: String) -> Data {
            ArchiveMaker.text(rows, header: header, end: end)
        }
        try check(text(rows, nil, "\n"), name, as: "no header")
        try check(text(capital, ArchiveMaker.header, "\r\n"), name, as: "CRLF")
        try check(text(capital, nil, "\r\n"), name, as: "CRLF without a header")
        try check(mark + text(rows, ArchiveMaker.header, "\n"), name, as: "byte-order mark")
        try check(mark + text(capital, nil, "\r\n"), name, as: "byte-order mark, CRLF, no header")
        try check(Data(text(rows, nil, "\n").dropLast()), name, as: "no line end at the end")
        try check(text(rows, ArchiveMaker.header, "\n") + Data("\n\r\n".utf8), name, as: "empty lines at the end")
        let quoted = rows.map { "\"" + $0.replacing(",", with: "\", \"") + "\"" }
        try check(text(quoted, ArchiveMaker.header, "\n"), name, as: "quotes and spaces")
        try check(text(rows.map { $0 + ",true" }, nil, "\n"), name, as: "a column more, as the spot market has it")
        let twice =
            text(Array(rows[..<300]), ArchiveMaker.header, "\n") + text(Array(rows[300...]), ArchiveMaker.header, "\n")
        try check(twice, name, as: "a second header between the rows")
        for (unit, what) in [(1000, "microseconds"), (1_000_000, "nanoseconds")] as [(Int64, String)] {
            try check(text(ArchiveMaker.rows(unit: unit), nil, "\n"), name, as: what)
        }
        let half = ArchiveMaker.rows(unit: 1000)
        try check(text(Array(rows[..<300] + half[300...]), nil, "\n"), name, as: "both units in one file")
    }

    @Test func `an archive plays the same however it was packed`() throws {
        let csv = ArchiveMaker.text(rows)
        let inner = "BTCUSDT-aggTrades-2025-01-01.csv"
        let name = "BTCUSDT-aggTrades-2025-01-01.zip"
        let parts = [Data(csv.prefix(9000)), Data(csv.dropFirst(9000))]
        try check(try maker.gzip(csv), inner + ".gz", as: "gzip")
        let packed = try parts.map { try maker.gzip($0) }
        try check(packed[0] + packed[1], inner + ".gz", as: "gzip of two members")
        try check(packed[0] + packed[1] + Data(count: 512), inner + ".gz", as: "gzip with zeros after it")
        try check(try maker.gzip(csv), inner, as: "gzip by another name")
        try check(try maker.zip([(inner, csv)]), name, as: "zip")
        try check(try maker.zip([(inner, csv)], method: "ZIP_STORED"), name, as: "stored zip")
        try check(try maker.zip([("BTCUSDT/", Data()), ("BTCUSDT/" + inner, csv)]), name, as: "folder first")
        let apple = Data([0, 5, 0x16, 7]) + Data("Mac OS X".utf8)
        try check(try maker.zip([("__MACOSX/._" + inner, apple), (inner, csv)]), name, as: "__MACOSX first")
        let beside = [("._" + inner, apple), (".DS_Store", apple), (inner, csv), ("__MACOSX/x", apple)]
        try check(try maker.zip(beside), name, as: "what macOS leaves around it")
        let folder = URL(filePath: try maker.file(csv, inner)).deletingLastPathComponent()
        try Data("0123 x".utf8).write(to: folder.appending(path: inner + ".CHECKSUM"))
        try FileManager.default.createDirectory(
            at: folder.appending(path: "__MACOSX"), withIntermediateDirectories: true)
        let isSame = ArchiveMaker.events(try ArchiveMaker.open(folder.path)) == whole
        #expect(isSame)
    }

    @Test func `what was damaged or cut is refused before anything of it is played`() throws {
        let csv = ArchiveMaker.text(ArchiveMaker.rows(20_000))
        let packed = try maker.gzip(csv)
        let zip = try maker.zip([("a.csv", csv)])
        let stored = try maker.zip([("a.csv", csv)], method: "ZIP_STORED")
        func refused(_ data: Data, _ name: String, _ what: String) throws {
            let refusal = ArchiveMaker.refusal(try maker.file(data, name))
            #expect(refusal?.contains("BTCUSDT-") == true, "\(what): \(refusal ?? "played")")
        }
        for (data, name) in [(packed, "BTCUSDT-t.csv.gz"), (zip, "BTCUSDT-t.zip"), (stored, "BTCUSDT-t.zip")] {
            for share in [0.1, 0.5, 0.9, 0.99999] {
                let at = Int(Double(data.count) * share)
                try refused(Data(data.prefix(at)), name, "\(name) cut at \(share)")
            }
            // Up to where the directory of the zip begins.
            for at in stride(from: 100, to: data.count - 200, by: data.count / 9) {
                var changed = data
                changed[at] ^= 0xFF
                changed[at + 1] ^= 0xFF
                try refused(changed, name, "\(name) changed at \(at)")
            }
        }
        var wrong = packed
        wrong[wrong.count - 6] ^= 1
        try refused(wrong, "BTCUSDT-t.csv.gz", "checksum of a gzip")
        try refused(packed + Data("garbage".utf8), "BTCUSDT-t.csv.gz", "something after a gzip")
        try refused(packed + Data(packed.prefix(500)), "BTCUSDT-t.csv.gz", "a second member that was cut")
        for cut in [3, 20, 40, 70] {
            try refused(Data(ArchiveMaker.text(rows).dropLast(cut)), "BTCUSDT-t.csv", "cut inside a row, \(cut)")
        }
        for (head, word) in [([0x28, 0xB5, 0x2F, 0xFD], "zstd"), ([0xFF, 0xFE, 0x31, 0], "UTF-16")]
            as [([UInt8], String)]
        {
            let refusal = ArchiveMaker.refusal(try maker.file(Data(head), "BTCUSDT-t.csv"))
            #expect(refusal?.contains(word) == true, "\(refusal ?? "played")")
        }
        let two = try maker.zip([("a.csv", csv), ("b.csv", csv)])
        #expect(ArchiveMaker.refusal(try maker.file(two, "BTCUSDT-t.zip"))?.contains("a.csv, b.csv") == true)
    }

    @Test func `a few rows that can't be true are left out and told with their line`() throws {
        let bad = [
            "2500000300,93510.1", "garbage", "2500000300,,0.267,5000000604,5000000605,1735689630200,false",
            "2500000300,0.05,0.267,5000000604,5000000605,1735689630000,false",
            "2500000300,1870000,0.267,5000000604,5000000605,1735689630000,false",
            "2500000300,93500,5000020001,5000000604,5000000605,1735689630000,false",
            "2500000300,93500,0.1,5000000604,5000000605,1735689630000,fal",
            "2500000300,93500,0.1,5000000604,5000000605,1748000000000,false",
            "2500000600,93500,0.1,5000000604,5000000605,1735691400000,false",
            "2500000300,93500,0.1,5000000604,5000000605,0,false",
        ]
        for count in 1...bad.count {
            let changed = Array(rows[..<300]) + Array(bad[..<count]) + Array(rows[300...])
            let set = try ArchiveMaker.open(try maker.file(ArchiveMaker.text(changed)))
            let isSame = ArchiveMaker.events(set) == whole
            #expect(isSame, "\(count)")
            let report = set.files[0].report
            #expect(report.skipped == count && report.rows == 600)
            #expect(report.troubles.map(\.line) == Array(302..<302 + count))
        }
        let last = Array(rows[..<300]) + bad + ["more"] + Array(rows[300...])
        let refusal = ArchiveMaker.refusal(try maker.file(ArchiveMaker.text(last)))
        #expect(refusal?.contains("line 302 (2500000300,93510.1): expected 7 cells") == true, "\(refusal ?? "played")")
    }

    @Test func `rows of another time or another market refuse the file`() throws {
        let later = ArchiveMaker.rows(startMs: ArchiveMaker.startMs + 142 * 86_400_000, firstId: 2_600_000_000)
        let other = ArchiveMaker.rows(firstId: 2_500_000_600, price: 3)
        var stories: [String: [String]] = [:]
        stories["every other row is of another month"] = zip(rows, later).flatMap { [$0, $1] }
        stories["the other way round"] = zip(later, rows).flatMap { [$0, $1] }
        stories["three of each in turn"] = (0..<200).flatMap { turn in
            [rows, later].flatMap { $0[3 * turn..<3 * turn + 3] }
        }
        stories["a month is missing"] = Array(rows[..<300]) + Array(later[300...])
        stories["it goes back"] = Array(rows[300...]) + Array(rows[..<300])
        stories["newest first"] = rows.reversed()
        stories["another market follows"] = rows + other
        stories["other prices in the middle"] = Array(rows[..<300]) + Array(other[..<20]) + Array(rows[300...])
        stories["seconds of 1970"] = ArchiveMaker.rows(startMs: 1000)
        stories["the year 2150"] = ArchiveMaker.rows(startMs: 5_680_281_600_000)
        stories["before the venue was"] = ArchiveMaker.rows(startMs: 1_480_000_000_000)
        stories["tomorrow's morrow"] = ArchiveMaker.rows(5, startMs: ArchiveMaker.now.milliseconds + 90_000_000)
        for (what, rows) in stories {
            let refusal = ArchiveMaker.refusal(try maker.file(ArchiveMaker.text(rows)))
            #expect(refusal?.contains("line ") == true && refusal?.contains("2025-01-01.csv") == true, "\(what)")
        }
    }

    @Test func `rows that were there before are left out wherever they stand`() throws {
        var stories: [String: [String]] = ["all again": rows + rows]
        stories["each twice"] = rows.flatMap { [$0, $0] }
        stories["a page again"] = Array(rows[..<400]) + Array(rows[300...])
        for (what, doubled) in stories {
            let set = try ArchiveMaker.open(try maker.file(ArchiveMaker.text(doubled)))
            let isSame = ArchiveMaker.events(set) == whole
            #expect(isSame, "\(what)")
            #expect(set.files[0].report.doubled == doubled.count - 600)
        }
    }

    @Test func `what is missing is told, and a market that stood still for hours is played`() throws {
        let gap = Array(rows[..<200]) + Array(rows[250...])
        let report = try ArchiveMaker.open(try maker.file(ArchiveMaker.text(gap))).files[0].report
        #expect(report.gaps == 1 && report.missing == 50 && report.rows == 550 && report.skipped == 0)
        let later = ArchiveMaker.rows(300, startMs: ArchiveMaker.startMs + 3 * 3_600_000, firstId: 2_500_000_600)
        let set = try ArchiveMaker.open(try maker.file(ArchiveMaker.text(rows + later)))
        #expect(ArchiveMaker.events(set).count == 900)
        #expect(set.files[0].report.leaps == 1 && set.files[0].report.troubles[0].line == 602)
        #expect(set.files[0].missingOfDay?.contains("2025-01-01T03:00:29.900Z") == true)
    }

    @Test func `days are played one after the other where they join`() throws {
        let day = ArchiveMaker.startMs + 60_000
        func file(_ number: Int, _ rows: [String]) throws -> String {
            try maker.file(ArchiveMaker.text(rows), "BTCUSDT-aggTrades-2025-01-0\(number).csv")
        }
        let first = try file(1, rows)
        let next = try file(2, ArchiveMaker.rows(startMs: day, firstId: 2_500_000_600))
        for order in [[first, next], [next, first]] {
            let set = try RecordingSet(order, only: [], now: ArchiveMaker.now)
            let events = ArchiveMaker.events(set)
            let isSame = Array(events.prefix(600)) == whole
            #expect(events.count == 1200 && isSame)
            #expect(events[600].time - events[599].time == 100)
        }
        let missing = ArchiveMaker.refusal(
            first, try file(3, ArchiveMaker.rows(startMs: day + 86_400_000, firstId: 2_600_000_000)))
        #expect(missing?.contains("play what lies between") == true, "\(missing ?? "played")")
        let again = ArchiveMaker.refusal(first, try file(2, rows))
        #expect(again?.contains("overlap") == true, "\(again ?? "played")")
        let price = ArchiveMaker.refusal(
            first, try file(2, ArchiveMaker.rows(startMs: day, firstId: 2_500_000_600, price: 60_000)))
        #expect(price?.contains("a price of") == true, "\(price ?? "played")")
    }

    @Test func `what is no recording is named with what was seen and what was expected`() throws {
        for (text, name) in [
            ("hello\nworld\n", "BTCUSDT-t.csv"), ("time;price\n1;2\n", "BTCUSDT-t.csv"), ("{}", "x.json"),
            ("price,id,qty,quote_qty,time,is_buyer_maker\n1,2,3,4,5,true\n", "BTCUSDT-t.csv"),
        ] {
            let refusal = ArchiveMaker.refusal(try maker.file(Data(text.utf8), name)) ?? "played"
            #expect(refusal.contains("'\(text.prefix { $0 != "\n" })', expected a table"), "\(refusal)")
        }
        for name in ["data.csv", "trades-2025.csv", "-BTCUSDT.csv"] {
            let refusal = ArchiveMaker.refusal(try maker.file(ArchiveMaker.text(rows), name)) ?? "played"
            #expect(refusal.contains("does not begin with a contract"), "\(refusal)")
        }
        for name in ["BTCUSDT.csv", "btcusdt-2025.csv", "币安人生USDT-x.csv", "BTCUSDT_260327-x.csv"] {
            #expect(ArchiveMaker.refusal(try maker.file(ArchiveMaker.text(rows), name)) == nil)
        }
        #expect(ArchiveMaker.refusal(try maker.file(Data(), "BTCUSDT-t.csv"))?.contains("empty") == true)
        let headerOnly = ArchiveMaker.refusal(try maker.file(ArchiveMaker.text([]), "BTCUSDT-t.csv"))
        #expect(headerOnly?.contains("no rows") == true, "\(headerOnly ?? "played")")
    }

    @Test func `a past is of minutes, in whatever unit, and each other step is refused`() throws {
        func past(_ rows: [String]) throws -> [MarketCandle] {
            let text = ArchiveMaker.text(rows, header: ArchiveMaker.candleHeader)
            return try RecordingSet.candles(try maker.file(text, "BTCUSDT-1m.csv"), now: ArchiveMaker.now).candles
        }
        let minutes = try past(ArchiveMaker.candles(1500))
        #expect(minutes.count == 1500 && minutes[1].openTime - minutes[0].openTime == 60_000)
        #expect(try past(ArchiveMaker.candles(1500, unit: 1000)) == minutes)
        #expect(try past(ArchiveMaker.candles(1500) + ArchiveMaker.candles(1500).suffix(10)) == minutes)
        for stepMs in [1000, 300_000, 3_600_000] as [Int64] {
            let rows = ArchiveMaker.candles(100, stepMs: stepMs)
            #expect(throws: RecordingError.self) { try past(rows) }
            let withoutClose = rows.map { $0.split(separator: ",").prefix(6).joined(separator: ",") }
            #expect(throws: RecordingError.self) { try past(withoutClose) }
        }
        let torn = ArchiveMaker.candles(20).map { $0.replacing("93505", with: "93400") }
        #expect(throws: RecordingError.self) { try past(torn) }
    }

    @Test func `a past that does not join the recording is scaled to it, and a table of the same time is refused`()
        throws
    {
        let tick = World.price("0.1"), start = Timestamp(milliseconds: ArchiveMaker.startMs)
        func past(_ last: String, at price: String, endsMsBefore: Int64 = 0, isMade: Bool = false) -> CandleTable.Past {
            let candles = (1...100).reversed().map { minute in
                MarketCandle(openTime: start - Int64(minute) * 60_000 - endsMsBefore, price: World.price(last))
            }
            return CandleTable.leading(candles, to: start, price: World.price(price), tick: tick, isMade: isMade)
        }
        let made = past("63900", at: "28145", isMade: true)
        #expect(made.candles.allSatisfy { $0.close == World.price("28145") } && made.candles.count == 100)
        #expect(abs((made.scale ?? 0) - 28_145 / 63_900) < 1e-9 && made.movedMs == 0)
        // A real one that joins stays as it was; one that does not is told by its scale.
        #expect(past("28000", at: "28145").scale == nil)
        #expect(past("63900", at: "28145").scale != nil)
        let moved = past("63900", at: "28145", endsMsBefore: 86_400_000)
        #expect(moved.movedMs == 86_400_000 && moved.candles.last?.openTime == start - 60_000)
        #expect(moved.candles.last?.close == World.price("28145"))
    }

    @Test func `frames that were there before, or can't be true, are left out`() throws {
        func frame(_ id: Int, _ price: String, _ ms: Int, unit: Int = 1) -> String {
            let time = (1_735_689_600_000 + ms) * unit
            return
                #"{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":\#(time),"s":"BTCUSDT","a":\#(id),"p":"\#(price)","q":"0.1","f":1,"l":1,"T":\#(time),"m":true}}"#
        }
        let good = (0..<50).map { frame($0 + 1, "93500.\($0 % 10)", $0 * 100) }
        let bad = [
            frame(21, "0.05", 2000), frame(21, "0", 2000), frame(21, "93500", 12_270_000_000), frame(3, "93500.2", 200),
            "{\"torn\":", frame(20, "93500.9", 1900),
            #"{"e":"markPriceUpdate","E":1735689602000,"s":"BTCUSDT","p":"0.05","i":"93500","r":"0.0001","T":0}"#,
        ]
        let micro = (0..<50).map { frame($0 + 1, "93500.\($0 % 10)", $0 * 100, unit: 1000) }
        func events(_ lines: [String]) throws -> (events: [MarketEvent], report: RecordingReport) {
            let set = try ArchiveMaker.open(try maker.file(ArchiveMaker.text(lines, header: nil), "BTCUSDT-raw.txt"))
            return (ArchiveMaker.events(set), set.files[0].report)
        }
        let expected = try events(good).events
        #expect(expected.count == 50)
        #expect(try events(micro).events == expected)
        let changed = try events(Array(good[..<20]) + bad + Array(good[20...]))
        #expect(changed.events == expected && changed.report.skipped == 5 && changed.report.doubled == 2)
    }
}
