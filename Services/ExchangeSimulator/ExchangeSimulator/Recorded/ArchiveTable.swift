/// Which of the venue's archive tables a CSV file is.
enum ArchiveTable: Sendable {
    case trades, aggregateTrades, klines, fundingRates

    /// The columns that are read, by the venue's names; those that follow may have any.
    var columns: [String] {
        switch self {
        case .trades: ["id", "price", "qty", "quote_qty", "time", "is_buyer_maker"]
        case .aggregateTrades:
            ["agg_trade_id", "price", "quantity", "first_trade_id", "last_trade_id", "transact_time", "is_buyer_maker"]
        case .klines: ["open_time", "open", "high", "low", "close", "volume"]
        case .fundingRates: ["calc_time", "funding_interval_hours", "last_funding_rate"]
        }
    }

    /// By the header, or by the form of a first row without one.
    init?(firstLine: String) {
        if let named = Self(header: firstLine) {
            self = named
            return
        }
        let cells = Self.cells(firstLine)
        guard cells.count >= 6, cells.allSatisfy({ Double($0) != nil || Bool($0) != nil }) else { return nil }
        // The archive of the spot market has a column more, `is_best_match`.
        if Bool(cells[5]) != nil, cells.count <= 7 {
            self = .trades
        } else if cells.count >= 7, Bool(cells[6]) != nil, cells.count <= 8 {
            self = .aggregateTrades
        } else if cells.allSatisfy({ Bool($0) == nil }) {
            self = .klines
        } else {
            return nil
        }
    }

    /// By a header that names the columns in the venue's order.
    init?(header line: String) {
        let cells = Self.cells(line)
        let tables: [ArchiveTable] = [.trades, .aggregateTrades, .klines, .fundingRates]
        guard let table = tables.first(where: { cells.starts(with: $0.columns) }) else { return nil }
        self = table
    }

    private static func cells(_ line: String) -> [String] {
        let line = line.hasSuffix("\r") ? String(line.dropLast()) : line
        return line.split(separator: ",", omittingEmptySubsequences: false).map { cell in
            cell.lowercased().filter { $0 != " " && $0 != "\"" }
        }
    }
}
