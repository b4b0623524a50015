import Testing

@testable import DashboardServer

struct QueryTests {
    private func query(_ text: String) throws -> Query {
        try Query(Array(text.utf8), names: ["symbol", "limit", "side"])
    }

    @Test func `each parameter is read as what it is`() throws {
        let query = try query("symbol=BTCUSDT&limit=%35%30&side=LONG")
        #expect(try query.symbol() == "BTCUSDT")
        #expect(try query.integer("limit", in: 1...50) == 50)
        #expect(try query.word("side", of: ["LONG", "SHORT"]) == "LONG")
        let none = try self.query("")
        #expect(try none.symbol() == nil && none.integer("limit", in: 1...50) == nil)
    }

    @Test(arguments: ["other=1", "limit=1&limit=2", "limit=%", "limit=%4", "limit=%zz", "limit=%ff", "limit"])
    func `what is not well formed or not known is refused`(text: String) throws {
        #expect(throws: RequestError.self) {
            let query = try query(text)
            _ = try query.integer("limit", in: 1...50)
        }
    }

    @Test(arguments: [
        "limit=0", "limit=51", "limit=1.0", "limit=9223372036854775808", "symbol=", "symbol=btc", "symbol=A'B",
        "side=long",
    ])
    func `what is out of its range is refused`(text: String) throws {
        let query = try query(text)
        #expect(throws: RequestError.self) {
            _ = try query.integer("limit", in: 1...50)
            _ = try query.symbol()
            _ = try query.word("side", of: ["LONG", "SHORT"])
        }
    }
}
