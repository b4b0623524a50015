import ServiceKit
import SignalContracts
import StreamBus
import TradingPrimitives

extension Console {
    private struct Letter {
        /// Where it lies.
        let stream: StreamName
        let id: StreamId
        let fields: Fields

        var origin: StreamName? { fields["stream"].flatMap { StreamName(key: $0) } }
        /// The entry that could not be read, as it stood.
        var entry: [(name: String, value: String)] {
            fields.pairs.filter { $0.name.hasPrefix("field.") }.map { (String($0.name.dropFirst(6)), $0.value) }
        }
    }

    /// Their readers know what they have taken, so that nothing is done twice.
    private static let repeatable: Set<StreamKind> = [.decision, .plan, .command]

    func deadLetters() throws(RedisError) -> ExitCode {
        let client = try RedisClient(settings.redis)
        let letters = try letters(client)
        switch invocation.arguments.first {
        case "list", nil:
            list(letters)
            return .success
        case "show":
            guard let letter = try find(letters) else { return .notFound }
            show(letter)
            return .success
        case "retry":
            guard let letter = try find(letters) else { return .notFound }
            return try tellAgain(letter, client)
        case .some(let word): Invocation.refuse("dlq knows list, show and retry, not '\(word)'")
        }
    }

    private func letters(_ client: RedisClient) throws(RedisError) -> [Letter] {
        var letters: [Letter] = []
        for stream in settings.streams(of: .dead) {
            for entry in try client.command("XREVRANGE", stream.key, "+", "-", "COUNT", "1000").elements {
                guard let entry = StreamEntry(entry) else { continue }
                letters.append(Letter(stream: stream, id: entry.id, fields: entry.fields))
            }
        }
        return letters.sorted { $0.id > $1.id }
    }

    private func find(_ letters: [Letter]) throws(RedisError) -> Letter? {
        guard let text = invocation.arguments.dropFirst().first else {
            Invocation.refuse("dlq needs the id of an entry")
        }
        if let letter = letters.first(where: { $0.id.description == text }) { return letter }
        complain("vortexctl: there is no dead letter '\(text)'; see 'vortexctl dlq list'")
        return nil
    }

    private func list(_ letters: [Letter]) {
        var table = Table()
        table.add("ID", "OF STREAM", "READER", "WHY")
        for letter in letters {
            table.add(
                letter.id.description, letter.fields["stream"] ?? "?", letter.fields["service"] ?? "?",
                letter.fields["error"] ?? "?")
            if invocation.isJSON { print(json(letter).line) }
        }
        if !invocation.isJSON { print(letters.isEmpty ? "there is none" : table.text) }
    }

    private func show(_ letter: Letter) {
        if invocation.isJSON { return print(json(letter).line) }
        var table = Table()
        for pair in letter.fields.pairs { table.add(pair.name, pair.value) }
        print(table.text)
    }

    private func json(_ letter: Letter) -> JSONNode {
        .object([("dead_id", .text(letter.id.description))] + letter.fields.pairs.map { ($0.name, .text($0.value)) })
    }

    /// Gives the new entry's id.
    private func move(_ letter: Letter, to origin: StreamName, _ client: RedisClient) throws(RedisError) -> String {
        let add = ["XADD", origin.key, "*"] + letter.entry.flatMap { [$0.name, $0.value] }
        let delete = ["XDEL", letter.stream.key, letter.id.description]
        if settings.redis.cluster != nil, KeySlot.tag(of: origin.key) != KeySlot.tag(of: letter.stream.key) {
            // In two slots: the letter goes last, so that at worst it is told twice to a reader that knows what it has taken.
            let id = try client.command(add).text ?? "?"
            try client.command(delete)
            return id
        }
        var commands = CommandBuffer()
        commands.command(["MULTI"])
        commands.command(add)
        commands.command(delete)
        commands.command(["EXEC"])
        let replies = try client.pipeline(commands)
        if case .error(let text)? = replies.last { throw .refused(text) }
        return replies.last?.elements.first?.text ?? "?"
    }

    private func tellAgain(_ letter: Letter, _ client: RedisClient) throws(RedisError) -> ExitCode {
        guard let origin = letter.origin, Self.repeatable.contains(origin.kind) else {
            complain(
                "vortexctl: \(letter.fields["stream"] ?? "its stream") is not told twice: other readers have taken the entry "
                    + "and would take it again")
            return .unsafeState
        }
        let id = try move(letter, to: origin, client)
        let json = JSONNode.object([("stream", .text(origin.key)), ("id", .text(id))])
        print(
            invocation.isJSON
                ? json.line : "told again as \(id) of \(origin.key); if it can't be read still, it comes back")
        return .success
    }
}
