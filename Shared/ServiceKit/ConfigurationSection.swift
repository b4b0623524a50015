/// One map of the configuration, read key by key. What is never asked for is unknown, and unknown keys are errors.
public final class ConfigurationSection {
    /// `redis`; empty for the top.
    public let path: String
    private let node: ConfigurationNode
    private var known: [String] = []
    private var sections: [ConfigurationSection] = []
    private let expand: (String) -> String?
    private let read: SettingsRead

    /// `expand` gives the value of an environment variable.
    public convenience init(_ node: ConfigurationNode, path: String = "", expand: @escaping (String) -> String?) {
        self.init(node, path: path, read: SettingsRead(), expand: expand)
    }

    private init(_ node: ConfigurationNode, path: String, read: SettingsRead, expand: @escaping (String) -> String?) {
        self.node = node
        self.path = path
        self.read = read
        self.expand = expand
    }

    /// All keys that were asked for so far, in this section and those that it belongs to.
    public var settingsRead: [SettingRead] { read.settings }

    private func note(_ key: String, _ form: String, default fallback: String?, _ value: String?) {
        read.note(SettingRead(path: path(key), form: form, fallback: fallback, value: value))
    }

    private func path(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    private func entry(_ key: String) -> ConfigurationNode? {
        if !known.contains(key) { known.append(key) }
        guard let node = node.entries.first(where: { $0.key == key })?.node, node.content != .none else { return nil }
        return node
    }

    public func error(_ key: String, _ message: String) -> ConfigurationError {
        let place = node.entries.first { $0.key == key }?.node.place ?? node.place
        return ConfigurationError(place: place, path: path(key), message: message)
    }

    /// The names of all keys that are written in the section.
    public var keys: [String] { node.entries.map(\.key) }

    // MARK: Values

    /// The text, with `${NAME}` and `${NAME:-default}` replaced; nil when the key is absent or empty.
    public func string(_ key: String) throws(ConfigurationError) -> String? {
        let text = try written(key)
        note(key, "text", default: nil, text)
        return text
    }

    private func written(_ key: String) throws(ConfigurationError) -> String? {
        guard let node = entry(key) else { return nil }
        guard case .scalar(let text) = node.content else { throw error(key, "must be a single value") }
        return try expanded(text, key)
    }

    public func string(_ key: String, default value: String) throws(ConfigurationError) -> String {
        let text = try written(key) ?? value
        note(key, "text", default: value, text)
        return text
    }

    public func int(
        _ key: String, default value: Int, in range: ClosedRange<Int>
    ) throws(ConfigurationError) -> Int {
        try number(key, value, range, "whole number") { Int($0) }
    }

    public func double(
        _ key: String, default value: Double, in range: ClosedRange<Double>
    ) throws(ConfigurationError) -> Double {
        try number(key, value, range, "number") { Double($0).flatMap { $0.isFinite ? $0 : nil } }
    }

    private func number<Value>(
        _ key: String, _ value: Value, _ range: ClosedRange<Value>, _ what: String, _ parse: (String) -> Value?
    ) throws(ConfigurationError) -> Value {
        let form = "\(range.lowerBound)…\(range.upperBound)"
        var number = value
        if let text = try written(key) {
            guard let read = parse(text) else {
                throw error(key, "'\(text)' is not a \(what)\(WrittenWrong.hint(text))")
            }
            guard range.contains(read) else { throw error(key, "\(read) is not within \(form)") }
            number = read
        }
        note(key, form, default: "\(value)", "\(number)")
        return number
    }

    public func bool(_ key: String, default value: Bool) throws(ConfigurationError) -> Bool {
        let text = try written(key)
        let answer: Bool
        switch text {
        case nil: answer = value
        case "true"?, "yes"?, "on"?: answer = true
        case "false"?, "no"?, "off"?: answer = false
        case let text?: throw error(key, "'\(text)' is neither true nor false\(WrittenWrong.hint(text))")
        }
        note(key, "true, false", default: "\(value)", "\(answer)")
        return answer
    }

    /// One of a closed set of words.
    public func word<Word: RawRepresentable & CaseIterable>(
        _ key: String, default value: Word
    ) throws(ConfigurationError) -> Word where Word.RawValue == String {
        let words = Word.allCases.map(\.rawValue)
        let text = try written(key) ?? value.rawValue
        guard let word = Word(rawValue: text) else {
            throw error(
                key,
                "'\(text)' is not one of \(words.joined(separator: ", "))\(suggestion(text, among: words))\(WrittenWrong.hint(text))"
            )
        }
        note(key, words.joined(separator: ", "), default: value.rawValue, text)
        return word
    }

    /// A list of texts; a single text counts as a list of its parts between commas.
    public func strings(_ key: String, default values: [String]) throws(ConfigurationError) -> [String] {
        let found = try list(key) ?? values
        note(key, "list", default: values.joined(separator: ", "), found.joined(separator: ", "))
        return found
    }

    private func list(_ key: String) throws(ConfigurationError) -> [String]? {
        guard let node = entry(key) else { return nil }
        switch node.content {
        case .none: return nil
        case .scalar(let text):
            return try expanded(text, key).split(separator: ",").map { part in
                String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            }
        case .map: throw error(key, "must be a list")
        case .list(let items):
            var texts: [String] = []
            for item in items {
                guard case .scalar(let text) = item.content else { throw error(key, "must be a list of single values") }
                texts.append(try expanded(text, key))
            }
            return texts
        }
    }

    /// A secret: from `key`, or from the file that `key_file` names (its last line end is dropped). An empty `key` is none:
    /// `${PASSWORD:-}` leaves room for a file. One that stands in quotes or ends with a line end is refused.
    public func secret(_ key: String) throws(ConfigurationError) -> String? {
        let text = try readSecret(key)
        note(key, "secret", default: nil, text.map { _ in "***" })
        note(key + "_file", "path of a file with it", default: nil, try written(key + "_file"))
        if let flaw = text.flatMap(WrittenWrong.flaw(ofSecret:)) {
            let isInFile = try written(key + "_file") != nil
            throw error(isInFile ? key + "_file" : key, flaw)
        }
        return text
    }

    private func readSecret(_ key: String) throws(ConfigurationError) -> String? {
        let own = try written(key).flatMap { $0.isEmpty ? nil : $0 }
        guard let file = try written(key + "_file") else { return own }
        guard own == nil else { throw error(key, "stands beside \(key)_file: keep one of them") }
        guard let bytes = readFile(file) else { throw error(key + "_file", "can't read '\(file)'") }
        var text = bytes[...]
        while let last = text.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { text.removeLast() }
        return String(decoding: text, as: UTF8.self)
    }

    /// The section under `key`; an empty one when it is absent.
    public func section(_ key: String) throws(ConfigurationError) -> ConfigurationSection {
        let found = entry(key) ?? ConfigurationNode(.map([]), place: node.place)
        guard case .map = found.content else { throw error(key, "must be a section of keys") }
        let section = ConfigurationSection(found, path: path(key), read: read, expand: expand)
        sections.append(section)
        return section
    }

    /// This section with another's keys laid over it, under that one's path. What is read of it is not listed among the settings.
    func overlaid(by other: ConfigurationSection) -> ConfigurationSection {
        ConfigurationSection(node.merged(with: other.node), path: other.path, read: SettingsRead(), expand: expand)
    }

    // MARK: Unknown keys

    /// Accepts keys without reading them: sections of other services.
    public func skip(_ keys: [String]) { known.append(contentsOf: keys) }

    /// All keys that nothing asked for, in this section and those in it.
    public func unknownKeys() -> [ConfigurationError] {
        var errors = node.entries.filter { !known.contains($0.key) }.map { entry in
            error(entry.key, "is not known\(suggestion(entry.key, among: known))")
        }
        for section in sections { errors.append(contentsOf: section.unknownKeys()) }
        return errors
    }

    private func expanded(_ text: String, _ key: String) throws(ConfigurationError) -> String {
        guard text.contains("${") else { return text }
        var result = ""
        var rest = text[...]
        while let start = rest.firstRange(of: "${") {
            result += rest[..<start.lowerBound]
            guard let end = rest[start.upperBound...].firstIndex(of: "}") else { throw error(key, "'${' without '}'") }
            let inside = rest[start.upperBound..<end]
            let separator = inside.firstRange(of: ":-")
            let name = String(inside[..<(separator?.lowerBound ?? inside.endIndex)])
            if let value = expand(name), !value.isEmpty {
                result += value
            } else if let separator {
                result += inside[separator.upperBound...]
            } else {
                throw error(key, "environment variable \(name) is not set")
            }
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }
}

/// `; did you mean 'x'?` when a word is near enough.
private func suggestion(_ text: String, among words: [String]) -> String {
    let near = words.map { ($0, distance(Array(text.utf8), Array($0.utf8))) }.min { $0.1 < $1.1 }
    guard let near, near.1 <= max(1, text.utf8.count / 3) else { return "" }
    return "; did you mean '\(near.0)'?"
}

/// Levenshtein distance.
private func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var row = Array(0...right.count)
    for (i, byte) in left.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, other) in right.enumerated() {
            let substituted = diagonal + (byte == other ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
        }
    }
    return row[right.count]
}
