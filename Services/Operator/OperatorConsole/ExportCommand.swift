import Ledger
import ServiceKit

extension Console {
    /// Payments as CSV on standard output.
    func export() -> ExitCode {
        let names = PaymentTable.allCases.map(\.rawValue).joined(separator: ", ")
        guard let word = invocation.arguments.first, let table = PaymentTable(rawValue: word),
            invocation.arguments.count == 1
        else { Invocation.refuse("export needs one of \(names)") }
        do throws(DatabaseError) {
            let database = try Database(url: settings.postgres.url, password: settings.postgres.password)
            print(table.head, terminator: "\r\n")
            try table.forEachLine(from: invocation.firstDay, to: invocation.lastDay, in: database) {
                print($0, terminator: "\r\n")
            }
            return .success
        } catch {
            complain("vortexctl: \(error)")
            return .failure
        }
    }
}

/// A day as people write it: `2026-11-30`.
enum CalendarDay {
    private static let lengths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

    /// Nil for text that is no day from 2000 to 2099.
    static func checked(_ text: String) -> String? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.map(\.utf8.count) == [4, 2, 2],
            text.utf8.allSatisfy({ 48...57 ~= $0 || $0 == UInt8(ascii: "-") }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]), 2000...2099 ~= year,
            1...12 ~= month, 1...lengths[month - 1] ~= day
        else { return nil }
        // February 29 is in leap years alone; of this century each fourth is one.
        return month == 2 && day == 29 && !year.isMultiple(of: 4) ? nil : text
    }
}
