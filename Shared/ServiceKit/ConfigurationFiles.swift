import Glibc

/// The suite's configuration as a whole: files, then the environment.
public enum ConfigurationFiles {
    public static let environmentPrefix = "VORTEX7__"

    /// Reads the files in order, the last one wins, then lays `VORTEX7__SECTION__KEY` variables over them.
    public static func load(_ files: [String]) throws(ConfigurationError) -> ConfigurationNode {
        var root = ConfigurationNode(.map([]), place: "")
        for file in files {
            guard let text = readFile(file) else {
                throw ConfigurationError(place: file, message: "can't be read: \(String(cString: strerror(errno)))")
            }
            let node = try ConfigurationNode(yaml: text, file: file)
            guard case .map = node.content else {
                throw ConfigurationError(place: file, message: "is not a map of keys")
            }
            root = root.merged(with: node)
        }
        for (name, value) in overrides() {
            let path = name.dropFirst(environmentPrefix.count).split(separator: "_", omittingEmptySubsequences: false)
            root.set(keys(path)[...], to: value, place: name)
        }
        return root
    }

    /// `REDIS__PASSWORD_FILE`, split at each `_`: two in a row part keys, one stays in its key.
    private static func keys(_ parts: [Substring]) -> [String] {
        var keys: [String] = [""]
        var wasEmpty = false
        for (index, part) in parts.enumerated() {
            if part.isEmpty, index > 0 {
                wasEmpty = true
                keys.append("")
            } else {
                keys[keys.count - 1] += (keys[keys.count - 1].isEmpty || wasEmpty ? "" : "_") + part.lowercased()
                wasEmpty = false
            }
        }
        return keys
    }

    private static func overrides() -> [(name: String, value: String)] {
        var found: [(String, String)] = []
        var entry = environ
        while let text = entry.pointee {
            let variable = String(cString: text)
            if variable.hasPrefix(environmentPrefix), let sign = variable.firstIndex(of: "=") {
                found.append((String(variable[..<sign]), String(variable[variable.index(after: sign)...])))
            }
            entry += 1
        }
        return found.sorted { $0.0 < $1.0 }
    }
}

extension ConfigurationNode {
    /// The configuration as YAML, with secrets replaced by stars.
    public var redacted: String {
        var lines: [String] = []
        write(indent: 0, into: &lines)
        return lines.joined(separator: "\n")
    }

    private func write(indent: Int, into lines: inout [String]) {
        let margin = String(repeating: " ", count: indent)
        for entry in entries {
            switch entry.node.content {
            case .none: lines.append("\(margin)\(entry.key):")
            case .scalar(let text): lines.append("\(margin)\(entry.key): \(Self.shown(entry.key, text))")
            case .map:
                lines.append("\(margin)\(entry.key):")
                entry.node.write(indent: indent + 2, into: &lines)
            case .list(let items):
                let texts = items.map { item in if case .scalar(let text) = item.content { text } else { "…" } }
                lines.append("\(margin)\(entry.key): [\(texts.joined(separator: ", "))]")
            }
        }
    }

    private static func shown(_ key: String, _ text: String) -> String {
        let isSecret = ["password", "secret", "token", "key", "passphrase"].contains { key.hasSuffix($0) }
        if isSecret { return "***" }
        // A password may stand in a URL: scheme://user:password@host.
        guard key.hasSuffix("url"), let at = text.lastIndex(of: "@"), let scheme = text.firstRange(of: "://"),
            let colon = text[scheme.upperBound..<at].firstIndex(of: ":")
        else { return text }
        return "\(text[...colon])***\(text[at...])"
    }
}
