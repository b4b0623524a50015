import Foundation
import TestSupport
import Testing

/// The house's rules about its own text. An exception says why in its line: `// tidy-ok: reason`.
struct TidyTests {
    private struct Source {
        let path: String
        let lines: [String]

        /// Those that are no exception.
        var judged: [(place: String, text: String)] {
            lines.enumerated().filter { !$0.element.contains("// tidy-ok:") }.map {
                ("\(path):\($0.offset + 1)", $0.element)
            }
        }
    }

    /// What may neither read a clock nor roll dice nor touch the machine: processors and what they stand on.
    private static let pureFolders = [
        "Shared/TradingPrimitives", "Shared/SignalContracts", "Shared/Indicators", "Shared/Venue",
        "Services/OrderFlowEngine/OrderFlow", "Services/TickEngine/TickFlow", "Services/DecisionEngine/Decisions",
        "Services/TechnicalEngine/Technical", "Services/RegimeFilter/Regime", "Services/RiskManager/Risk",
        "Services/Executor/Execution",
        "Services/DataHub/DataHub", "Services/Notifier/Notices",
        "Services/Learner/Learning", "Services/SentimentEngine/Sentiment",
        "Services/ExchangeSimulator/ExchangeSimulator",
    ]

    private func sources(under folders: [String], endings: [String] = [".swift"]) throws -> [Source] {
        let files = FileManager.default
        return try folders.flatMap { folder -> [Source] in
            let root = SharedData.packageRoot.appending(path: folder)
            let paths = try #require(files.enumerator(atPath: root.path), "\(folder) is missing").compactMap {
                $0 as? String
            }
            return try paths.filter { path in endings.contains { path.hasSuffix($0) } }.sorted().map { path in
                let text = try String(contentsOf: root.appending(path: path), encoding: .utf8)
                return Source(path: "\(folder)/\(path)", lines: text.components(separatedBy: "\n"))
            }
        }
    }

    @Test func `processors read no clock, roll no dice and do no I-O`() throws {
        let banned = [
            "import Foundation", "import Glibc", "import Dispatch", "import C", "import ServiceKit", "import StreamBus",
            "import Ledger", "import BinanceFutures", "import WebClient", "Date()", "DispatchTime", "ContinuousClock",
            "SuspendingClock",
            "SystemRandomNumberGenerator", "Task {", "Task.detached", ".shuffled()", ".randomElement()",
        ]
        let found = try sources(under: Self.pureFolders)
        #expect(found.count > 50)
        for source in found {
            for (place, line) in source.judged {
                for word in banned where line.contains(word) { Issue.record("\(place): \(word)") }
                if line.contains(".random("), !line.contains("using:") {
                    Issue.record("\(place): chance without a generator")
                }
            }
        }
    }

    @Test func `a name is declared once`() throws {
        let declaration =
            #/^(?:@\w+ )*(?:(?:public|package|private|fileprivate|final|indirect) )*(?:struct|class|enum|protocol|actor) (\w+)/#
        var placeOf: [Substring: String] = [:]
        for source in try sources(under: ["Shared", "Services"]) {
            for line in source.lines {
                guard let name = line.firstMatch(of: declaration)?.1 else { continue }
                if let first = placeOf.updateValue(source.path, forKey: name) {
                    Issue.record("\(name) is declared in \(first) and in \(source.path)")
                }
            }
        }
        #expect(placeOf.count > 300)
    }

    @Test func `files have at most six hundred lines and functions seventy`() throws {
        for source in try sources(under: ["Shared", "Services", "Tests"]) {
            #expect(source.lines.count <= 601, "\(source.path) has \(source.lines.count) lines")
            for function in functions(in: source.lines) where function.length > 70 {
                Issue.record("\(source.path):\(function.line): a function of \(function.length) lines")
            }
        }
    }

    /// Functions by their indentation: the formatter keeps the closing brace below the first word.
    private func functions(in lines: [String]) -> [(line: Int, length: Int)] {
        var found: [(Int, Int)] = []
        for (start, line) in lines.enumerated() {
            guard
                line.range(
                    of:
                        #"^ *(@\w+ )*((public|private|internal|fileprivate|static|mutating|override|final) )*(func|init)\b"#,
                    options: .regularExpression) != nil
            else { continue }
            if line.hasSuffix("}") { continue }
            let indent = String(line.prefix { $0 == " " })
            if let end = lines[start...].firstIndex(where: { $0 == indent + "}" }) {
                found.append((start + 1, end - start + 1))
            }
        }
        return found
    }

    @Test func `nothing is left for later, and nothing traps on what the world sends`() throws {
        let marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X:"]
        let traps = ["try!", "fatalError(", "as! "]
        for source in try sources(under: ["Shared", "Services"]) {
            for (place, line) in source.judged {
                for word in marks + traps where line.contains(word) { Issue.record("\(place): \(word)") }
            }
        }
    }

    @Test func `no processor walks through a dictionary or a set, whose order is chance`() throws {
        let declared = try Regex(
            #"(?:let|var) (\w+)(?:: (?:\[[\w.]+: |Set<)| = \[[\w.]+: [^\]]+\]\(\)| = Set<)"#,
            as: (Substring, Substring).self)
        for source in try sources(under: Self.pureFolders) {
            let names = source.lines.compactMap { $0.firstMatch(of: declared)?.1 }
            for name in Set(names) {
                // A name that is an array elsewhere in the file can't be told apart.
                let all = try Regex(#"(let|var) \#(name)\b *[:=]"#)
                if source.lines.count(where: { $0.contains(all) }) > names.count(where: { $0 == name }) { continue }
                let walk = try Regex(
                    #"\bin (self\.)?\#(name) *(\{|where\b)|\b\#(name)\.(map|compactMap|flatMap|forEach|first|reduce|values|keys)\b"#
                )
                for (place, line) in source.judged where line.contains(walk) && !line.contains(".sorted") {
                    Issue.record("\(place): \(name) has no order")
                }
            }
        }
    }

    /// The simulated venue has a vocabulary, and an arithmetic, of its own.
    private func suiteSources() throws -> [Source] {
        try sources(under: ["Shared", "Services"]).filter { !$0.path.hasPrefix("Services/ExchangeSimulator/") }
    }

    @Test func `only the primitives calculate with raw steps, where a result out of range is thought of`() throws {
        let arithmetic = [#"\w\.raw\b *[-+*/%] *[\w(]"#, #"[\w)] [-+*/%] \w+([.]\w+)*\.raw\b"#]
        for source in try suiteSources() where !source.path.hasPrefix("Shared/TradingPrimitives/") {
            for (place, line) in source.judged {
                // A bound of what is admitted is a constant.
                let text = line.replacingOccurrences(of: ".max / 2", with: "")
                if arithmetic.contains(where: { text.range(of: $0, options: .regularExpression) != nil }) {
                    Issue.record("\(place): arithmetic with raw steps can trap")
                }
            }
        }
    }

    @Test func `no type has the name of another, and what is public says what it is`() throws {
        let declaration =
            #"^(public |private |fileprivate |package )?(indirect )?(final )?(struct|enum|class|protocol|actor) (\w+)"#
        let declared = try Regex(
            declaration, as: (Substring, Substring?, Substring?, Substring?, Substring, Substring).self)
        var places: [Substring: String] = [:]
        for source in try suiteSources() {
            for (number, line) in source.lines.enumerated() {
                guard let type = line.firstMatch(of: declared) else { continue }
                let place = "\(source.path):\(number + 1)"
                if type.1 != "private ", let other = places.updateValue(place, forKey: type.5) {
                    Issue.record("\(place): \(type.5) is a type of \(other), too")
                }
            }
        }
        #expect(places.count > 300)
        for source in try sources(under: ["Shared", "Services"]) {
            for (number, line) in source.lines.enumerated() {
                guard line.firstMatch(of: declared)?.1 == "public " else { continue }
                let before = source.lines[..<number].last { !$0.hasPrefix("@") }
                #expect(before?.hasPrefix("///") == true, "\(source.path):\(number + 1): what is it?")
            }
        }
    }

    @Test func `no child inherits a descriptor, and C cuts no text halfway through a letter`() throws {
        let opening =
            #"\bO_(RDONLY|WRONLY|RDWR)\b|\bSOCK_(STREAM|DGRAM)\b|\b(fopen|accept4?|pipe2?|eventfd|mkstemp)\("#
            + #"|\b(timerfd_create|signalfd|epoll_create1?|dup2?)\("#
        let copying = #"\b(strncpy|strcpy|strcat|v?sprintf|gets)\("#
        let closed = #"CLOEXEC|"[awrx+]+e""#
        func has(_ pattern: String, _ text: String) -> Bool {
            text.range(of: pattern, options: .regularExpression) != nil
        }
        for source in try sources(under: ["Shared", "Services"], endings: [".swift", ".c", ".h"]) {
            for (place, line) in source.judged
            where has(opening, line) && !has(closed, line) || has(copying, line) {
                Issue.record("\(place): \(line)")
            }
        }
    }

    @Test func `the page of streams and messages is what the code says`() throws {
        let root = SharedData.packageRoot
        let result = try Subprocess.run(
            "/usr/bin/env", ["python3", root.appending(path: "docs/generate-contracts.py").path])
        #expect(result.exitCode == 0, "\(result.output)")
        let page = try String(contentsOf: root.appending(path: "docs/contracts.md"), encoding: .utf8)
        #expect(page == result.output, "docs/contracts.md is stale: run 'make docs'")
    }

    /// Where the programs are that were built with the tests.
    private static var programs: URL? {
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        let folder = URL(filePath: bundle).deletingLastPathComponent()
        let isBuilt = FileManager.default.isExecutableFile(atPath: folder.appending(path: "risk-manager").path)
        return isBuilt ? folder : nil
    }

    @Test(.enabled(if: programs != nil, "needs the services, built beside the tests"))
    func `the page of settings is what the programs read`() throws {
        let root = SharedData.packageRoot, programs = try #require(Self.programs)
        let result = try Subprocess.run(
            "/usr/bin/env",
            ["python3", root.appending(path: "docs/generate-settings.py").path, programs.path])
        #expect(result.exitCode == 0, "\(result.output)")
        let page = try String(contentsOf: root.appending(path: "docs/settings.md"), encoding: .utf8)
        #expect(page == result.output, "docs/settings.md is stale: run 'make docs'")
    }
}
