import ExchangeSimulator
import Testing
import TradingPrimitives

/// Past trades: ten minutes of them are there, and who asks for older ones hears that they are not.
struct TapeTests {
    /// A trade each second for so long, each at a price of its own.
    private func world(seconds: Int) -> World {
        var world = World()
        world.book("60000:2 59999:3", "60000.1:1 60001:3")
        for second in 0..<seconds { world.trade("\(50_000 + second)", "0.01", .sell, afterMs: 1000) }
        world.advance(1000)
        return world
    }

    /// The ids that stand under a name in an answer.
    private func ids(_ text: String, _ name: String) -> [Int64] {
        text.split(separator: "\"\(name)\":").dropFirst().compactMap { Int64($0.prefix(while: \.isNumber)) }
    }

    @Test func `ten minutes of trades are there, page by page and without a hole`() throws {
        var world = world(seconds: 3000)
        let newest = try #require(ids(world.call("GET", "/fapi/v1/aggTrades", "symbol=BTCUSDT&limit=1").text, "a").last)
        var from = newest - 599
        var heard: [Int64] = []
        while from <= newest {
            let page = ids(world.call("GET", "/fapi/v1/aggTrades", "symbol=BTCUSDT&limit=250&fromId=\(from)").text, "a")
            try #require(!page.isEmpty)
            heard += page
            from = (page.last ?? newest) + 1
        }
        #expect(heard == Array((newest - 599)...newest))
        let start = world.time - 599_000
        let since = world.call("GET", "/fapi/v1/aggTrades", "symbol=BTCUSDT&limit=1000&startTime=\(start)").text
        #expect(ids(since, "a").count >= 598)
    }

    @Test(arguments: ["aggTrades", "historicalTrades"])
    func `what is forgotten is refused, and never skipped`(route: String) throws {
        var world = world(seconds: 3000)
        let (path, name) = ("/fapi/v1/" + route, route == "aggTrades" ? "a" : "id")
        let newest = try #require(ids(world.call("GET", path, "symbol=BTCUSDT&limit=1").text, name).last)
        var answers = 0
        for back in stride(from: Int64(0), to: 3000, by: 7) {
            let answer = world.call("GET", path, "symbol=BTCUSDT&limit=1&fromId=\(newest - back)")
            if answer.status == 200 {
                #expect(ids(answer.text, name) == [newest - back])
                answers += 1
            } else {
                #expect(answer.text.contains("-4166"), "\(answer)")
            }
        }
        #expect(86...110 ~= answers, "between ten and eleven minutes and a half")
        if route == "aggTrades" {
            for time in ["startTime", "endTime"] {
                let old = world.call("GET", path, "symbol=BTCUSDT&\(time)=\(world.time - 1_800_000)")
                #expect(old.text.contains("-4166"), "\(old)")
            }
        }
    }

    @Test func `a tape that nothing is missing of begins where it begins`() throws {
        var world = world(seconds: 100)
        for (route, name) in [("aggTrades", "a"), ("historicalTrades", "id")] {
            let all = world.call("GET", "/fapi/v1/" + route, "symbol=BTCUSDT&fromId=1&limit=1000")
            #expect(ids(all.text, name).count >= 99, "\(all)")
        }
    }
}
