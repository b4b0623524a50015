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
        #expect(RedisAddress("unix:///my run/50% redis.sock")?.endpoint == .unix(path: "/my run/50% redis.sock"))
        #expect(RedisAddress("unix:///run/redis.sock ") == nil && RedisAddress("unix:///run\n/redis.sock") == nil)
    }

    @Test(arguments: [
        ("unix:///srv/vortex 7/it's.sock", #"redis-cli -s '/srv/vortex 7/it'\''s.sock'"#),
        ("redis://me:secret@[::1]:6390/2", "redis-cli -h ::1 -p 6390 --user me --askpass -n 2"),
        ("rediss://:secret@store", "redis-cli -h store -p 6379 --tls --askpass"),
    ])
    func `a person's shell is led to the same server, without its password`(url: String, line: String) throws {
        #expect(try RedisAddress(reading: url).commandLine == line)
    }

    @Test func `nodes of a cluster are read`() throws {
        let address = try #require(RedisAddress("redis-cluster://bot:p@10.0.0.1:6379,10.0.0.2:6380"))
        let seeds: [RedisAddress.Endpoint] = [.tcp(host: "10.0.0.1", port: 6379), .tcp(host: "10.0.0.2", port: 6380)]
        #expect(address.cluster?.seeds == seeds && address.user == "bot" && address.password == "p")
        #expect(address.description == "redis-cluster://bot@10.0.0.1:6379,10.0.0.2:6380")
        #expect(RedisAddress("redis://10.0.0.1")?.cluster == nil)
    }

    @Test func `what a URL can't hold is written with percent signs, as everywhere`() throws {
        let encoded = try RedisAddress(reading: "redis://b%40t:p%40ss%2540w%3Ard%2F%23x@127.0.0.1:19201/2")
        #expect(encoded.user == "b@t" && encoded.password == "p@ss%40w:rd/#x" && encoded.isDecoded)
        #expect(encoded.endpoint == .tcp(host: "127.0.0.1", port: 19201) && encoded.database == 2)
        // As it stands it is still taken, where that leaves no doubt.
        let raw = try RedisAddress(reading: "redis://:p@ss:w/#x@127.0.0.1")
        #expect(raw.password == "p@ss:w/#x" && !raw.isDecoded)
        #expect(try RedisAddress(reading: "redis://:%E5%AF%86@h").password == "密")
    }

    @Test func `IPv6 addresses stand in brackets, also of nodes`() throws {
        let one = try RedisAddress(reading: "redis://u:p@[::1]:6380/1")
        #expect(one.endpoint == .tcp(host: "::1", port: 6380) && one.description == "redis://u@[::1]:6380/1")
        #expect(try RedisAddress(reading: "redis://[fe80::1]").endpoint == .tcp(host: "fe80::1", port: 6379))
        let nodes = try RedisAddress(reading: "redis-cluster://[::1]:7000,10.0.0.2:7001")
        #expect(nodes.cluster?.seeds == [.tcp(host: "::1", port: 7000), .tcp(host: "10.0.0.2", port: 7001)])
        #expect(nodes.description == "redis-cluster://[::1]:7000,10.0.0.2:7001")
    }

    @Test(arguments: ["::1", "[::1]"])
    func `what a cluster answers may be IPv6`(host: String) throws {
        let asked = RedisAddress.Endpoint.tcp(host: "::1", port: 7000),
            target = RedisAddress.Endpoint.tcp(
                host: "::1", port: 7001)
        #expect(ClusterNotice("MOVED 5 \(host):7001", from: asked)?.kind == .moved(slot: 5, to: target))
        let map = ClusterMap(seeds: [asked])
        let node = RedisValue.array([.text(host), .integer(7001), .text("id")])
        try map.take(.array([.array([.integer(0), .integer(16383), node])]), from: asked)
        #expect(map.master(ofSlot: 1) == target)
    }

    @Test func `TLS is a scheme of its own`() throws {
        let one = try RedisAddress(reading: "rediss://u:p@redis.example.com:6380/1")
        #expect(one.tls != nil && one.description == "rediss://u@redis.example.com:6380/1")
        #expect(one.at(.tcp(host: "h", port: 1)).tls != nil)
        let nodes = try RedisAddress(reading: "rediss-cluster://h:1,h:2")
        #expect(nodes.tls != nil && nodes.cluster != nil && nodes.description == "rediss-cluster://h:1,h:2")
        #expect(try RedisAddress(reading: "redis://h").tls == nil)
    }

    @Test(arguments: [
        ("http://h", "the scheme 'http' is not offered"), ("localhost", "has no scheme"),
        ("\"redis://h\"", "the quotes are part of it"), ("redis://h ", "a blank or line end"),
        ("redis://::1:6379", "stands in brackets"), ("redis://[::1:6379", "'[' without ']'"),
        ("redis://:100%@h", "a percent sign of the password is written %25"),
        ("redis://h?ssl=1", "'?ssl=1' is not known"),
        ("redis://h:x", "'x' is not a port"), ("redis://:a#b", "%23"), ("redis-cluster://h", "has no port"),
        ("redis://h/x", "is not the number of a database"), ("redis://:%ff@h", "is no text"),
    ])
    func `a wrong address is told with its place and its mending`(url: String, words: String) {
        do throws(RedisAddress.Flaw) {
            _ = try RedisAddress(reading: url)
            Issue.record("\(url) was read")
        } catch { #expect(error.description.contains(words), "\(error)") }
    }

    @Test func `a database may be told behind a question mark`() {
        #expect(RedisAddress("redis://localhost?db=2")?.database == 2)
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
