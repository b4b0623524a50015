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
    @Test func `each engine's words tell which way it votes`() {
        for word in ["BUY_PRESSURE", "MOMENTUM_LONG", "LONG", "CROWD_SHORT"] {
            #expect(HouseEngine.sign(of: word) == 1)
        }
        for word in ["SELL_PRESSURE", "MOMENTUM_SHORT", "SHORT", "CROWD_LONG"] {
            #expect(HouseEngine.sign(of: word) == -1)
        }
        for word in ["NEUTRAL", "BALANCED", "TRENDING", ""] { #expect(HouseEngine.sign(of: word) == 0) }
        #expect(HouseEngine.words.count == 8)
    }

    @Test func `an engine's name is one of the house's five or a short word in lower case`() {
        for name in ["E1", "E5", "a", "rsi-reversal", "e10", "x2345678901234e"] {
            #expect(EngineId(name)?.name == name)
        }
        for name in ["", "E0", "E6", "E11", "e1", "e5", "e9", "Rsi", "1a", "-a", "a_b", "a b", "ä", "x23456789012345e"]
        {
            #expect(EngineId(name) == nil, "\(name)")
        }
        #expect(HouseEngine.allCases.allSatisfy { EngineId($0.rawValue) == $0.id && HouseEngine($0.id) == $0 })
        #expect(EngineId("tick").flatMap { HouseEngine($0) } == nil)
    }

    @Test func `a list of engines has one row each, and room for twelve`() throws {
        var list = EngineList<EngineShare>(house: [0.1, 0.2, 0.3, 0.4])
        list.append(EngineShare(HouseEngine.tick.id, 9))
        for number in 1...20 { list.append(EngineShare(try #require(EngineId("x\(number)")), 0.5)) }
        #expect(list.count == 12 && list.value(of: HouseEngine.tick.id) == 0.2)
        #expect(list.value(of: try #require(EngineId("x9"))) == nil)
        func read(_ text: String) -> EngineList<EngineVote>? {
            Array(text.utf8).withUnsafeBytes { EngineList<EngineVote>(text: $0) }
        }
        #expect(read("")?.isEmpty == true && read("E1:1:0.5:0.4,x:-1:1:0.1")?.count == 2)
        for text in [
            "E1", "E1:2:0.5:0.4", "E1:1:1.5:0.4", "E1:1:0.5:-1", "E1:1:0.5:0.4,", "E9:1:0.5:0.4",
            "E1:1:nan:0.4", "x:1:1:1,x:1:1:1",
        ] {
            #expect(read(text) == nil, "\(text)")
        }
    }
}
