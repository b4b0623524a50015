import CYaml

/// What is wrong with the configuration, with the key's full path and its line.
public struct ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// `file:line`, or the environment variable; empty when there is no place to name.
    public var place: String
    /// `redis.url`; empty for the file as a whole.
    public var path: String
    public var message: String

    public init(place: String = "", path: String = "", message: String) {
        self.place = place
        self.path = path
        self.message = message
    }

    public var description: String {
        [place, path, message].filter { !$0.isEmpty }.joined(separator: ": ")
    }
}

/// A value of the configuration and where it was written.
public struct ConfigurationNode: Equatable, Sendable {
    public enum Content: Equatable, Sendable {
        /// An empty value, or `~`.
        case none
        case scalar(String)
        case list([ConfigurationNode])
        case map([Entry])
    }

    public struct Entry: Equatable, Sendable {
        public var key: String
        public var node: ConfigurationNode
    }

    public var content: Content
    public var place: String

    public init(_ content: Content, place: String) {
        self.content = content
        self.place = place
    }

    public var entries: [Entry] {
        if case .map(let entries) = content { entries } else { [] }
    }

    /// This node with `other` laid over it: maps are joined key by key, all else is replaced.
    public func merged(with other: ConfigurationNode) -> ConfigurationNode {
        guard case .map(var entries) = content, case .map(let others) = other.content else { return other }
        for entry in others {
            if let index = entries.firstIndex(where: { $0.key == entry.key }) {
                entries[index].node = entries[index].node.merged(with: entry.node)
            } else {
                entries.append(entry)
            }
        }
        return ConfigurationNode(.map(entries), place: place)
    }

    /// Puts a scalar at a path, making the maps on the way. Key words match with `-` and `_` alike.
    public mutating func set(_ path: ArraySlice<String>, to text: String, place: String) {
        guard let key = path.first else {
            content = .scalar(text)
            self.place = place
            return
        }
        var entries = self.entries
        let plain = key.map { $0 == "-" ? "_" : $0 }
        let found = entries.firstIndex { $0.key.map { $0 == "-" ? "_" : $0 } == plain }
        let index = found ?? entries.count
        if found == nil {
            entries.append(Entry(key: key, node: ConfigurationNode(.none, place: place)))
        }
        entries[index].node.set(path.dropFirst(), to: text, place: place)
        content = .map(entries)
    }

    // MARK: YAML

    /// Reads one YAML document. `file` is named in places and errors.
    public init(yaml text: [UInt8], file: String) throws(ConfigurationError) {
        var parser = yaml_parser_t()
        guard yaml_parser_initialize(&parser) == 1 else { throw ConfigurationError(message: "out of memory") }
        defer { yaml_parser_delete(&parser) }
        let outcome: Result<ConfigurationNode, ConfigurationError> = text.withUnsafeBufferPointer { bytes in
            yaml_parser_set_input_string(&parser, bytes.baseAddress, bytes.count)
            do throws(ConfigurationError) {
                return .success(try Self.document(&parser, file))
            } catch {
                return .failure(error)
            }
        }
        self = try outcome.get()
    }

    private static func document(_ parser: inout yaml_parser_t, _ file: String) throws(ConfigurationError) -> Self {
        while true {
            let event = try next(&parser, file)
            switch event.kind {
            case YAML_STREAM_END_EVENT: return Self(.map([]), place: file)
            case YAML_STREAM_START_EVENT, YAML_DOCUMENT_START_EVENT: continue
            default:
                let root = try node(event, &parser, file)
                var rest = try next(&parser, file)
                while rest.kind != YAML_STREAM_END_EVENT {
                    guard rest.kind == YAML_DOCUMENT_END_EVENT else {
                        throw ConfigurationError(
                            place: rest.place, message: "a second document begins here, which nobody would read")
                    }
                    rest = try next(&parser, file)
                }
                return root
            }
        }
    }

    private struct Event {
        var kind: yaml_event_type_t
        var text: String
        var isPlain: Bool
        var place: String
    }

    private static func next(_ parser: inout yaml_parser_t, _ file: String) throws(ConfigurationError) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(&parser, &event) == 1 else {
            let problem = parser.problem.map { String(cString: $0) } ?? "unreadable"
            throw ConfigurationError(place: "\(file):\(parser.problem_mark.line + 1)", message: problem)
        }
        defer { yaml_event_delete(&event) }
        let place = "\(file):\(event.start_mark.line + 1)"
        guard event.type == YAML_SCALAR_EVENT, let value = event.data.scalar.value else {
            return Event(kind: event.type, text: "", isPlain: false, place: place)
        }
        let bytes = UnsafeBufferPointer(start: value, count: event.data.scalar.length)
        return Event(
            kind: event.type, text: String(decoding: bytes, as: UTF8.self),
            isPlain: event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE, place: place)
    }

    private static func node(
        _ event: Event, _ parser: inout yaml_parser_t, _ file: String
    ) throws(ConfigurationError) -> Self {
        switch event.kind {
        case YAML_SCALAR_EVENT:
            let isNone = event.isPlain && ["", "~", "null"].contains(event.text)
            return Self(isNone ? .none : .scalar(event.text), place: event.place)
        case YAML_SEQUENCE_START_EVENT:
            var items: [Self] = []
            while true {
                let item = try next(&parser, file)
                if item.kind == YAML_SEQUENCE_END_EVENT { return Self(.list(items), place: event.place) }
                items.append(try node(item, &parser, file))
            }
        case YAML_MAPPING_START_EVENT:
            var entries: [Entry] = []
            while true {
                let key = try next(&parser, file)
                if key.kind == YAML_MAPPING_END_EVENT { return Self(.map(entries), place: event.place) }
                guard key.kind == YAML_SCALAR_EVENT else {
                    throw ConfigurationError(place: key.place, message: "a key must be a word")
                }
                guard !entries.contains(where: { $0.key == key.text }) else {
                    throw ConfigurationError(place: key.place, message: "'\(key.text)' stands twice")
                }
                var value = try node(try next(&parser, file), &parser, file)
                value.place = key.place
                entries.append(Entry(key: key.text, node: value))
            }
        default: throw ConfigurationError(place: event.place, message: "anchors and aliases are not supported")
        }
    }
}
