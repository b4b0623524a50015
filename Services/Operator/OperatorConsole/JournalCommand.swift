import Journal
import ServiceKit
import SignalContracts

extension Console {
    /// The journals that the configuration names.
    var journals: [String] {
        ["executor", "risk-manager"].map { service in
            let section = try? ConfigurationSection(configuration, expand: environment).section(service)
            return ((try? section?.string("journal")) ?? nil) ?? "var/journal/\(service).journal"
        }
    }

    /// Reads every record of the journals.
    func journal() -> ExitCode {
        guard invocation.arguments.first == "verify" else { Invocation.refuse("journal knows verify") }
        let named = Array(invocation.arguments.dropFirst())
        var worst = ExitCode.success
        for path in named.isEmpty ? journals : named {
            var text: String, isWhole = false
            do throws(JournalError) {
                let report = try Journal.verify(path: path)
                isWhole = true
                text =
                    "\(report.recordCount) records, the last one is number \(report.sequence), \(report.byteCount) bytes"
                if report.tornBytes > 0 { text += "; a torn or unfinished tail of \(report.tornBytes) bytes" }
            } catch {
                text = "\(error)"
                switch error {
                case .damaged: worst = .unsafeState
                default: if worst == .success { worst = .notFound }
                }
            }
            let json = JSONNode.object([("journal", .text(path)), ("ok", .bool(isWhole)), ("text", .text(text))])
            print(invocation.isJSON ? json.line : "\(path): \(text)")
        }
        return worst
    }
}
