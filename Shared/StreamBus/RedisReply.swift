import CHiredis
public import SignalContracts

/// A view of one reply in the reader's memory. Valid until the connection is asked for its next reply.
public struct RedisReply {
    private let nodes: UnsafePointer<chiredis_node>
    private let bytes: UnsafePointer<CChar>
    private let count: Int

    init(reader: OpaquePointer) {
        nodes = chiredis_reader_nodes(reader)
        bytes = chiredis_reader_bytes(reader)
        count = chiredis_reader_node_count(reader)
    }

    /// The reply's first node; elements of an array follow it in pre-order.
    public static var root: Int { 0 }

    public func isArray(_ node: Int) -> Bool { nodes[node].kind == CHIREDIS_ARRAY.rawValue }
    public func isNil(_ node: Int) -> Bool { nodes[node].kind == CHIREDIS_NIL.rawValue }
    public func isError(_ node: Int) -> Bool { nodes[node].kind == CHIREDIS_ERROR.rawValue }

    /// Number of elements of an array; 0 for any other node.
    public func elementCount(_ node: Int) -> Int { isArray(node) ? Int(nodes[node].integer) : 0 }

    /// Text of a string, status or error; empty for any other node.
    public func text(_ node: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: bytes + nodes[node].offset, count: Int(nodes[node].length))
    }

    public func string(_ node: Int) -> String { String(decoding: text(node), as: UTF8.self) }

    /// An integer, whether sent as one or as text; nil for anything else.
    public func integer(_ node: Int) -> Int64? {
        nodes[node].kind == CHIREDIS_INTEGER.rawValue ? nodes[node].integer : Int64(text: text(node))
    }

    public func id(_ node: Int) -> StreamId? { StreamId(text: text(node)) }

    /// The node after this one and all that is in it.
    public func after(_ node: Int) -> Int {
        var open = 1
        var node = node
        while open > 0 {
            open += elementCount(node) - 1
            node += 1
        }
        return node
    }

    /// The error's text, if the reply is one.
    public var error: String? { isError(Self.root) ? string(Self.root) : nil }

    /// Fills `fields` with the names and values of an entry's array; false when the node is not such an array.
    public func read(_ node: Int, into fields: inout Fields) -> Bool {
        fields.removeAll()
        let items = elementCount(node)
        guard items % 2 == 0, isArray(node) else { return false }
        for item in stride(from: node + 1, to: node + 1 + items, by: 2) {
            fields.append(name: text(item), value: text(item + 1))
        }
        return true
    }

    /// The reply as a tree; for tools, tests and rare commands.
    public var value: RedisValue {
        var node = Self.root
        return value(at: &node)
    }

    private func value(at node: inout Int) -> RedisValue {
        let here = node
        node += 1
        switch nodes[here].kind {
        case CHIREDIS_ARRAY.rawValue: return .array((0..<elementCount(here)).map { _ in value(at: &node) })
        case CHIREDIS_INTEGER.rawValue: return .integer(nodes[here].integer)
        case CHIREDIS_NIL.rawValue: return .none
        case CHIREDIS_ERROR.rawValue: return .error(string(here))
        default: return .text(string(here))
        }
    }
}

/// A reply as a tree of values.
public enum RedisValue: Equatable, Sendable {
    case none
    case integer(Int64)
    case text(String)
    case error(String)
    case array([RedisValue])

    public var text: String? {
        switch self {
        case .text(let text): text
        case .integer(let number): String(number)
        case .none, .error, .array: nil
        }
    }

    public var integer: Int64? {
        switch self {
        case .integer(let number): number
        case .text(let text): Int64(text)
        case .none, .error, .array: nil
        }
    }

    /// Elements of an array; empty for any other value.
    public var elements: [RedisValue] {
        if case .array(let elements) = self { elements } else { [] }
    }

    /// The value after `name` in an array of alternating names and values.
    public subscript(name: String) -> RedisValue? {
        let elements = elements
        for index in stride(from: 0, to: elements.count - 1, by: 2) where elements[index].text == name {
            return elements[index + 1]
        }
        return nil
    }
}
