import StreamBus
import Testing

struct RedisAddressTests {
    @Test func `a URL with everything is read`() throws {
        let address = try #require(RedisAddress("redis://bot:p:w@10.0.0.1:6380/3"))
        #expect(address.endpoint == .tcp(host: "10.0.0.1", port: 6380))
        #expect(address.user == "bot")
        #expect(address.password == "p:w")
        #expect(address.database == 3)
        #expect(!address.description.contains("p:w"))
    }

    @Test func `host alone and socket are read`() {
        #expect(RedisAddress("redis://localhost")?.endpoint == .tcp(host: "localhost", port: 6379))
        #expect(RedisAddress("unix:///run/redis.sock?db=2")?.endpoint == .unix(path: "/run/redis.sock"))
        #expect(RedisAddress("unix:///run/redis.sock?db=2")?.database == 2)
    }

    @Test func `nodes of a cluster are read`() throws {
        let address = try #require(RedisAddress("redis-cluster://bot:p@10.0.0.1:6379,10.0.0.2:6380"))
        let seeds: [RedisAddress.Endpoint] = [.tcp(host: "10.0.0.1", port: 6379), .tcp(host: "10.0.0.2", port: 6380)]
        #expect(address.cluster?.seeds == seeds && address.user == "bot" && address.password == "p")
        #expect(address.description == "redis-cluster://bot@10.0.0.1:6379,10.0.0.2:6380")
        #expect(RedisAddress("redis://10.0.0.1")?.cluster == nil)
    }

    @Test(arguments: [
        "redis-cluster://", "redis-cluster://h", "redis-cluster://h:1,", "redis-cluster://h:1/2",
        "redis-cluster://h:1;h:2",
        "", "localhost", "redis://", "redis://h:0", "redis://h:x", "redis://h/x", "unix://tmp", "http://h",
    ])
    func `anything else is refused`(url: String) {
        #expect(RedisAddress(url) == nil)
    }
}
