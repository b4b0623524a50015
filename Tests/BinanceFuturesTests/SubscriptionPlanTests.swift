import Testing
import TradingPrimitives
import WebClient

@testable import BinanceFutures

/// A conversation with a venue that refuses a message as a whole because of one bad name in it.
struct SubscriptionPlanTests {
    /// Asks until nothing is left; returns what was taken, and how many messages it took.
    private func settle(
        _ plan: inout SubscriptionPlan, bad: Set<String>, withIds: Bool = true
    ) throws -> (taken: [String], messages: Int) {
        var taken: [String] = [], number = 0
        while let message = plan.next(id: number + 1) {
            number += 1
            let value = try JSONValue(Array(message.utf8))
            let names = (value["params"]?.elements ?? []).compactMap(\.text)
            let isRefused = names.contains(where: bad.contains)
            if !isRefused { taken += names }
            _ = plan.answered(id: withIds ? value["id"]?.integer.map { Int($0) } : nil, isError: isRefused)
        }
        return (taken, number)
    }

    private let names = (0..<250).map { "c\($0)usdt@aggTrade" }

    @Test func `all is asked for in few messages when nothing is refused`() throws {
        var plan = SubscriptionPlan(names)
        let (taken, messages) = try settle(&plan, bad: [])
        #expect(taken == names && messages == 3)
        #expect(plan.isSettled && plan.refused.isEmpty)
    }

    @Test(arguments: [true, false])
    func `bad names are found, and the others live`(withIds: Bool) throws {
        var plan = SubscriptionPlan(names)
        let bad: Set<String> = [names[7], names[120], names[249]]
        let (taken, messages) = try settle(&plan, bad: bad, withIds: withIds)
        #expect(Set(taken) == Set(names).subtracting(bad) && taken.count == names.count - 3)
        #expect(Set(plan.refused) == bad && plan.isSettled)
        #expect(messages < 50)
    }

    @Test func `where every name is bad nothing is asked for for ever`() throws {
        var plan = SubscriptionPlan(Array(names.prefix(10)))
        let (taken, messages) = try settle(&plan, bad: Set(names))
        #expect(taken.isEmpty && messages == 19 && plan.refused.count == 10)
    }

    @Test func `the next connection asks for what was refused last and alone`() throws {
        var plan = SubscriptionPlan(names, doubtful: [names[0]])
        var last: String?
        while let message = plan.next(id: 1) { last = message }
        #expect(last == "{\"method\":\"SUBSCRIBE\",\"params\":[\"c0usdt@aggTrade\"],\"id\":1}")
    }

    @Test func `a name that is taken at last is no longer refused`() throws {
        var plan = SubscriptionPlan(Array(names.prefix(2)))
        _ = try settle(&plan, bad: [names[1]])
        #expect(plan.refused == [names[1]])
        plan.askAgain([names[1]])
        plan.askAgain([names[1]])
        let (taken, messages) = try settle(&plan, bad: [])
        #expect(taken == [names[1]] && messages == 1 && plan.refused.isEmpty)
    }

    @Test func `a contract's name ends no message, whatever it is`() throws {
        let odd = ["a\"b@aggTrade", "c\\@aggTrade", "币安人生usdt@aggTrade"]
        var plan = SubscriptionPlan(odd)
        #expect(try settle(&plan, bad: [odd[0]]).taken == [odd[1], odd[2]])
    }
}
