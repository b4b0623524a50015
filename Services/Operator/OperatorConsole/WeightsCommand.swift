import Ledger
import ServiceKit
import SignalContracts
import StreamBus

extension Console {
    /// The weights that count, the sets before them, or one of those again.
    func weights() throws(RedisError) -> ExitCode {
        let words = invocation.arguments
        switch words.first {
        case nil: return try currentWeights()
        case "history": return withDatabase { database throws(DatabaseError) in try weightHistory(database) }
        case "rollback":
            guard words.count == 2, let number = Int(words[1]) else {
                Invocation.refuse("weights rollback needs the number of a set, as 'weights history' shows it")
            }
            return withDatabase { database throws(DatabaseError) in try rollBack(to: number, database) }
        case .some(let word): Invocation.refuse("weights has no '\(word)': history, rollback N")
        }
    }

    private func currentWeights() throws(RedisError) -> ExitCode {
        let client = try RedisClient(settings.redis)
        guard let fields = try client.newest(of: StreamName(.weights)).first?.fields else {
            print(
                invocation.isJSON
                    ? "{\"number\":0}" : "nothing has been learned: the base weights of the strategy count")
            return .success
        }
        let pairs = fields.pairs.filter { $0.name != "v" }
        if invocation.isJSON {
            print(JSONNode.object(pairs.map { ($0.name, .text($0.value)) }).line)
        } else {
            var table = Table()
            for pair in pairs { table.add(pair.name, shortNumber(pair.value)) }
            print(table.text)
        }
        return .success
    }

    private func withDatabase(_ body: (Database) throws(DatabaseError) -> ExitCode) -> ExitCode {
        do throws(DatabaseError) {
            return try body(try Database(url: settings.postgres.url, password: settings.postgres.password))
        } catch {
            complain("vortexctl: \(error)")
            return .failure
        }
    }

    private func weightHistory(_ database: Database) throws(DatabaseError) -> ExitCode {
        let rows = try LearnedSets.all(in: database)
        var table = Table()
        table.add("SET", "STATE", "TRADES", "E1", "E2", "E3", "E4", "THRESHOLD", "LEAST", "TARGET", "OFFSET", "WHY")
        for row in rows {
            if invocation.isJSON { print(json(row).line) }
            table.add(
                ["\(row.number)", row.state.rawValue, "\(row.tradeCount)"] + row.weights.map { "\(Double($0) / 1000)" }
                    + [
                        "\(row.scoreThreshold)", "× \(row.minTakeProfitMultiplier)", "× \(row.takeProfitMultiplier)",
                        "\(row.entryOffsetTicks)", row.reason,
                    ])
        }
        if !invocation.isJSON { print(rows.isEmpty ? "nothing has been learned" : table.text) }
        return .success
    }

    private func json(_ row: LearnedSetRow) -> JSONNode {
        .object([
            ("number", .integer(Int64(row.number))), ("state", .text(row.state.rawValue)),
            ("trades", .integer(Int64(row.tradeCount))),
            ("weights", .array(row.weights.map { .text("\(Double($0) / 1000)") })),
            ("score_threshold", .text("\(row.scoreThreshold)")),
            ("min_tp_multiplier", .text("\(row.minTakeProfitMultiplier)")),
            ("tp_multiplier", .text("\(row.takeProfitMultiplier)")),
            ("entry_offset_ticks", .integer(Int64(row.entryOffsetTicks))), ("reason", .text(row.reason)),
        ])
    }

    private func rollBack(to number: Int, _ database: Database) throws(DatabaseError) -> ExitCode {
        guard let made = try LearnedSets.rollBack(to: number, by: Self.person, in: database) else {
            complain("vortexctl: there is no set \(number) that ever counted; see 'vortexctl weights history'")
            return .notFound
        }
        print("set \(number) counts again, as set \(made); the learner publishes it within seconds")
        return .success
    }
}
