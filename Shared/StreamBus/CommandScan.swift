/// The commands of a buffer with what decides on their way through a cluster.
struct CommandScan {
    enum Role {
        case plain
        /// Begins a transaction, which goes where its first key lies.
        case multi
        /// Ends one.
        case end
    }

    struct Command {
        let bytes: Range<Int>
        let role: Role
        /// Nil for a command without a key.
        let slot: Int?
    }

    private let bytes: [UInt8]
    private var position = 0

    init(_ buffer: CommandBuffer) { bytes = buffer.bytes }

    /// All commands, in order. Those of a transaction have the slot of its first key.
    static func commands(of buffer: CommandBuffer) -> [Command] {
        var scan = CommandScan(buffer), commands: [Command] = []
        while let command = scan.next() { commands.append(command) }
        var begin: Int?
        for index in commands.indices {
            if commands[index].role == .multi { begin = index }
            guard commands[index].role == .end, let first = begin else { continue }
            let slot = commands[first...index].lazy.compactMap(\.slot).first
            for inside in first...index {
                commands[inside] = Command(bytes: commands[inside].bytes, role: commands[inside].role, slot: slot)
            }
            begin = nil
        }
        return commands
    }

    private mutating func next() -> Command? {
        guard position < bytes.count else { return nil }
        let start = position
        var arguments: [ArraySlice<UInt8>] = []
        for _ in 0..<number() {
            let length = number()
            arguments.append(bytes[position..<(position + length)])
            position += length + 2
        }
        let name = arguments.first.map { String(decoding: $0, as: UTF8.self) } ?? ""
        let role: Role = name == "MULTI" ? .multi : name == "EXEC" || name == "DISCARD" ? .end : .plain
        return Command(bytes: start..<position, role: role, slot: Self.key(name, arguments).map { KeySlot.of($0) })
    }

    /// The number of a line `*3` or `$12`; what is read was written by this process.
    private mutating func number() -> Int {
        var value = 0
        position += 1
        while bytes[position] != UInt8(ascii: "\r") {
            value = value * 10 + Int(bytes[position] - UInt8(ascii: "0"))
            position += 1
        }
        position += 2
        return value
    }

    private static func key(_ name: String, _ arguments: [ArraySlice<UInt8>]) -> ArraySlice<UInt8>? {
        func argument(_ index: Int) -> ArraySlice<UInt8>? { index < arguments.count ? arguments[index] : nil }
        switch name {
        case "MULTI", "EXEC", "DISCARD", "UNWATCH", "PING", "INFO", "CLUSTER", "TIME", "CONFIG", "ACL": return nil
        case "XGROUP", "XINFO", "MEMORY": return argument(2)
        case "EVAL": return argument(2)?.elementsEqual("0".utf8) == false ? argument(3) : nil
        case "XREAD", "XREADGROUP":
            return arguments.firstIndex { $0.elementsEqual("STREAMS".utf8) }.flatMap { argument($0 + 1) }
        default: return argument(1)
        }
    }
}
