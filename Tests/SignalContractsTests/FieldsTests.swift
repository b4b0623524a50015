import SignalContracts
import Testing
import TradingPrimitives

struct FieldsTests {
    @Test func `values survive the entry, in order`() throws {
        var fields = Fields()
        fields.put("v", 1)
        fields.put("price", Price(raw: 6_180_020_000_000))
        fields.put("ratio", -0.1)
        fields.put("warm", true)
        fields.put("side", Side.sell)
        fields.put("wall", Double?.none)
        #expect(fields.pairs.map(\.name) == ["v", "price", "ratio", "warm", "side"])
        #expect(fields.pairs.map(\.value) == ["1", "61800.2", "-0.1", "1", "SELL"])
        #expect(try fields.required("price") as Price == Price(raw: 6_180_020_000_000))
        #expect(try fields.required("side") as Side == .sell)
        #expect(try fields.optional("wall") as Double? == nil)
    }

    @Test func `a bad field is named`() {
        var fields = Fields()
        fields.put("price", "6e4")
        fields.put("ratio", "nan")
        #expect(throws: ContractError.missing(field: "side")) { try fields.required("side") as Side }
        #expect(throws: ContractError.malformed(field: "price", text: "6e4")) { try fields.required("price") as Price }
        #expect(throws: ContractError.malformed(field: "ratio", text: "nan")) {
            try fields.optional("ratio") as Double?
        }
    }

    @Test func `a scope keeps one message apart from another`() throws {
        var fields = Fields()
        fields.put("strength", 0.5)
        fields.scope = "e1."
        fields.put("strength", 0.25)
        #expect(try fields.required("strength") as Double == 0.25)
        #expect(fields.pairs.map(\.name) == ["strength", "e1.strength"])
        #expect(throws: ContractError.missing(field: "e1.x")) { try fields.required("x") as Int }
        fields.scope = ""
        #expect(try fields.required("strength") as Double == 0.5)
    }

    @Test(arguments: [Int64.min, -1, 0, 9, 10, 1_723_161_256_612, .max])
    func `integers survive`(value: Int64) throws {
        var fields = Fields()
        fields.put("n", value)
        #expect(fields["n"] == value.description)
        #expect(try fields.required("n") as Int64 == value)
    }

    @Test(arguments: ["", "-", "9223372036854775808", "-9223372036854775809", "1.0", "+1", " 1"])
    func `what is no integer is refused`(text: String) {
        var fields = Fields()
        fields.put("n", text)
        #expect(throws: ContractError.malformed(field: "n", text: text)) { try fields.required("n") as Int64 }
    }
}

struct StreamIdTests {
    @Test func `an id carries microseconds and order`() throws {
        let id = StreamId(microseconds: 1_723_161_256_612_423)
        #expect(id.description == "1723161256612-4230000")
        #expect(id.microseconds == 1_723_161_256_612_423)
        #expect(id.next > id)
        var fields = Fields()
        fields.put("cause", id)
        #expect(try fields.required("cause") as StreamId == id)
    }

    @Test(arguments: ["1-", "-1", "1", "a-1", "1-2-3", "99999999999999999999-0"])
    func `what is no id is refused`(text: String) {
        var fields = Fields()
        fields.put("id", text)
        #expect(throws: ContractError.self) { try fields.required("id") as StreamId }
    }
}

struct StreamNameTests {
    @Test func `names carry the hash tag and read back`() throws {
        let symbol = try #require(Symbol("btcusdt"))
        for kind in StreamKind.allCases {
            let name = StreamName(kind, kind.isPerSymbol ? symbol : nil)
            #expect(StreamName(key: name.key) == name)
        }
        #expect(StreamName(.trade, symbol).key == "md.trade:{BTCUSDT}")
        for key in ["", "md.trade", "md.trade:BTCUSDT", "md.trade:{}", "account:{BTCUSDT}", "other:{X}"] {
            #expect(StreamName(key: key) == nil, "\(key)")
        }
    }
}

struct EngineTests {
    @Test func `each engine votes with its own words alone`() {
        let long: [(Engine, String)] = [
            (.orderFlow, "BUY_PRESSURE"), (.tick, "MOMENTUM_LONG"), (.technical, "LONG"), (.sentiment, "CROWD_SHORT"),
        ]
        let short: [(Engine, String)] = [
            (.orderFlow, "SELL_PRESSURE"), (.tick, "MOMENTUM_SHORT"), (.technical, "SHORT"), (.sentiment, "CROWD_LONG"),
        ]
        for engine in Engine.allCases {
            for (owner, word) in long { #expect(engine.sign(of: word) == (engine == owner ? 1 : 0)) }
            for (owner, word) in short { #expect(engine.sign(of: word) == (engine == owner ? -1 : 0)) }
            for word in ["NEUTRAL", "BALANCED", ""] { #expect(engine.sign(of: word) == 0) }
        }
    }
}
