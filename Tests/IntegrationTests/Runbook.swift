import Foundation

/// docs/runbook.md as what it tells people to type, section by section.
struct Runbook {
    /// By its heading, or by the first cell of a row of the table "Every day".
    private let sections: [String: String]
    /// The headings below "When something is wrong".
    let troubles: [String]

    init() throws {
        let text = try Monitor.text("docs/runbook.md")
        var sections: [String: String] = [:], troubles: [String] = []
        for part in text.components(separatedBy: "\n### ").dropFirst() {
            let body = part.components(separatedBy: "\n## ")[0]
            let title = String(body.prefix { !$0.isNewline })
            sections[title] = String(body.dropFirst(title.count))
            troubles.append(title)
        }
        for row in text.components(separatedBy: "\n| ").dropFirst() {
            let cells = row.prefix { !$0.isNewline }.components(separatedBy: " | ")
            if cells.count == 3 { sections[cells[0]] = cells[1] }
        }
        self.sections = sections
        self.troubles = troubles
    }

    /// What a section tells to type: its words in code style that begin with a program.
    func commands(in section: String) -> [String] {
        let programs = ["vortexctl ", "redis-cli ", "make ", "timedatectl ", "deploy/local/suite.sh "]
        return (sections[section] ?? "").matches(of: /`([^`]+)`/).map { String($0.1) }.filter { word in
            programs.contains { word.hasPrefix($0) }
        }
    }

    func has(_ section: String) -> Bool { sections[section] != nil }
}
