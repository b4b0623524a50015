import Glibc
import Hosting
import RedisTestSupport
import Testing
import TradingPrimitives

@testable import StreamBus

/// The leases as a value beside the script that Redis carries out.
struct LeaseTableTests {
    /// Pauses are such that no lease comes near its end at the moment of a question.
    @Test(arguments: [1, 2] as [UInt64])
    func `what it gives, keeps and fences is what the script does`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let server = try #require(RedisServer())
        let client = try server.client()
        let symbols = ["AUSDT", "BUSDT", "CUSDT", "DUSDT", "EUSDT"].compactMap { Symbol($0) }
        let workers = ["one", "two", "three"].map { SymbolLeases(service: "probe", worker: $0, symbols: symbols) }
        var table = LeaseTable()
        var nowMs: Int64 = 0, fencedCount = 0, handedBackCount = 0
        var holdings = workers.map { _ in LeaseHolding(owned: [], surplus: []) }
        func pause(_ ms: Int64) {
            usleep(UInt32(ms) * 1000)
            nowMs += ms
        }
        for step in 0..<150 {
            let index = Int.random(in: workers.indices, using: &random), worker = workers[index]
            switch Int.random(in: 0..<24, using: &random) {
            case 0: pause(500)
            case 23: pause(1400)
            case 1..<8:
                let surplus = holdings[index].surplus
                handedBackCount += surplus.count
                try worker.release(surplus, client)
                table.release(worker.worker, surplus, nowMs: nowMs)
            case 8:
                try worker.release(holdings[index].owned, client)
                table.release(worker.worker, holdings[index].owned, nowMs: nowMs)
            default:
                holdings[index] = try worker.renew(client)
                let mine = table.renew(worker.worker, symbols, nowMs: nowMs)
                #expect(mine == holdings[index], "step \(step)")
            }
            for worker in workers {
                let isFenced = worker.isFenced(try client.command("GET", worker.fenceKey(nil)))
                #expect(table.isFenced(worker.worker) == isFenced, "step \(step): \(worker.worker)")
                if isFenced { fencedCount += 1 }
            }
        }
        #expect(fencedCount > 0 && handedBackCount > 0)
    }
}
