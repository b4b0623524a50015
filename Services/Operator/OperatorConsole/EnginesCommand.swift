import ServiceKit
import SignalContracts
import StreamBus
import TradingPrimitives

extension Console {
    /// Who owns what, by the leases in Redis.
    func engines() throws(RedisError) -> ExitCode {
        let client = try RedisClient(settings.redis), isCluster = settings.redis.cluster != nil
        var table = Table(), orphans: [String: Int] = [:]
        table.add("SERVICE", "WORKER", "OWNS")
        for service in Services.sharing + Services.single {
            let workers = try client.command(
                "ZRANGE", SymbolLeases.workersKey(service, isCluster: isCluster), "0", "-1"
            ).elements.compactMap(\.text)
            var owned: [String: [String]] = [:]
            let things =
                Services.sharing.contains(service)
                ? settings.symbols.map(\.name) : [service == "executor" ? "ACCOUNT" : "ALL"]
            for thing in things {
                let key = SymbolLeases.leaseKey(service, thing, isCluster: isCluster)
                if let owner = try client.command("GET", key).text {
                    owned[owner, default: []].append(thing)
                } else {
                    orphans[service, default: 0] += 1
                }
            }
            for worker in Set(workers).union(owned.keys).sorted() {
                let mine = owned[worker] ?? []
                table.add(service, worker, mine.isEmpty ? "nothing: stands by" : mine.joined(separator: " "))
                guard invocation.isJSON else { continue }
                print(
                    JSONNode.object([
                        ("service", .text(service)), ("worker", .text(worker)),
                        ("owns", .array(mine.map(JSONNode.text))),
                    ]).line)
            }
            if workers.isEmpty, owned.isEmpty { table.add(service, "-", "no worker is alive") }
        }
        if !invocation.isJSON { print(table.text) }
        for (service, count) in orphans.sorted(by: { $0.key < $1.key }) {
            complain("vortexctl: \(count) of what \(service) shares \(count == 1 ? "has" : "have") no owner")
        }
        return orphans.isEmpty ? .success : .failure
    }
}
