import SignalContracts
import Testing

@testable import ServiceKit

struct ConfigurationTests {
    private func section(_ yaml: String, environment: [String: String] = [:]) throws -> ConfigurationSection {
        ConfigurationSection(try ConfigurationNode(yaml: Array(yaml.utf8), file: "suite.yaml")) { environment[$0] }
    }

    @Test func `values are read with their types, defaults and ranges`() throws {
        let top = try section("a: 5\nb: 1.5\nc: yes\nd: [x, y]\ne: BTC, ETH\n")
        #expect(try top.int("a", default: 1, in: 0...9) == 5)
        #expect(try top.int("z", default: 1, in: 0...9) == 1)
        #expect(try top.double("b", default: 0, in: 0...2) == 1.5)
        #expect(try top.bool("c", default: false))
        #expect(try top.strings("d", default: []) == ["x", "y"])
        #expect(try top.strings("e", default: []) == ["BTC", "ETH"])
        #expect(throws: ConfigurationError(place: "suite.yaml:1", path: "a", message: "5 is not within 6…9")) {
            try top.int("a", default: 6, in: 6...9)
        }
    }

    @Test func `names of the blueprint are refused, each with what to set instead, and no value is told`() throws {
        let set = ["BINANCE_SECRET_KEY": "s3cret", "TRADING_PAIRS": "BTCUSDT", "MAX_LEVERAGE": "", "PATH": "/bin"]
        let found = ForeignSettings.found { set[$0] }.map(\.description)
        #expect(found.count == 2)
        #expect(found[0].hasPrefix("BINANCE_SECRET_KEY: ") && found[0].contains("VORTEX7__VENUE__API_SECRET_FILE"))
        #expect(found[1].hasPrefix("TRADING_PAIRS: ") && found[1].contains("VORTEX7__SYMBOLS"))
        #expect(!found.joined().contains("s3cret"))
        #expect(ForeignSettings.found { _ in "x" }.count == 8)
    }

    @Test func `an unknown key is told with its path, its line and the nearest known one`() throws {
        let top = try section("redis:\n  url: x\n  pasword: y\n")
        let redis = try top.section("redis")
        _ = try redis.string("url")
        _ = try redis.secret("password")
        #expect(
            top.unknownKeys().map(\.description) == [
                "suite.yaml:3: redis.pasword: is not known; did you mean 'password'?"
            ])
    }

    @Test func `what comes at the market's pace is kept for a time of the market's, all else for one of ours`() throws {
        func kept(_ rate: String) throws -> SuiteSettings.Streams {
            try SuiteSettings(
                section(
                    "venue: {clock_rate: \(rate)}\nstreams: {retention_minutes: {md_book: 20, md_trade: 60, alert: 60}}\n"
                )
            ).streams
        }
        let real = try kept("1"), fast = try kept("20"), slow = try kept("0.5")
        #expect(real.retentionMs[.book] == 1_200_000 && fast.retentionMs[.book] == 60_000)
        #expect(fast.retentionMs[.trade] == 180_000 && slow.retentionMs[.trade] == 3_600_000)
        #expect(fast.retentionMs[.alert] == 3_600_000)
        #expect(try kept("1000").retentionMs[.book] == 60_000)
    }

    @Test(arguments: [
        ("'\"BTCUSDT,ETHUSDT\"'", "'\"BTCUSDT' is not a symbol: the quotes are part of it; write BTCUSDT without them"),
        ("'BTCUSDT,ETHUSDT\"'", "write ETHUSDT without them"), ("'“BTCUSDT”'", "write BTCUSDT without them"),
        ("'[BTCUSDT, ETHUSDT]'", "'[BTCUSDT' is not a symbol: the brackets are part of it; write BTCUSDT,"),
        ("BTCUSDT;ETHUSDT", "part symbols by commas"), ("BTCUSDT ETHUSDT", "part symbols by commas"),
        ("\"BTCUSDT\\n\"", "'BTCUSDT⏎' is not a symbol: a blank or line end"), ("BTC/USDT", "BTCUSDT?"),
        ("BTC/USDT:USDT", "BTCUSDT?"), ("BTCUSDT.P", "BTCUSDT?"), ("btc-usdt", "BTCUSDT?"),
        ("BTCUSDT$", "letters, digits and '_'"),
    ])
    func `a symbol that is none is told with what was written around it`(text: String, words: String) throws {
        let top = try section("symbols: \(text)\n")
        do throws(ConfigurationError) {
            _ = try SuiteSettings(top)
            Issue.record("\(text) was taken")
        } catch { #expect("\(error)".contains("symbols: ") && "\(error)".contains(words), "\(error)") }
    }

    @Test func `symbols of any script and dated ones are symbols, and pairs whose names begin alike are told`() throws {
        let settings = try SuiteSettings(section("symbols: [BTCUSDT, BTCUSDT_260327, 币安人生USDT, 我踏马来了USDT]\n"))
        #expect(settings.symbols.count == 4)
        #expect(settings.alikeSymbols.map { "\($0) \($1)" } == ["币安人生USDT 我踏马来了USDT"])
        #expect(try SuiteSettings(section("symbols: [BTCUSDT, ETHUSDT]\n")).alikeSymbols.isEmpty)
    }

    @Test(arguments: [
        ("'\"abc\"'", "the quotes are part of it"), ("\"'abc'\"", "the quotes are part of it"),
        ("\"abc\\n\"", "has a line end"), ("' abc'", "has a blank"),
    ])
    func `a secret in quotes or with a line end is told, and not shown`(text: String, words: String) throws {
        let top = try section("key: \(text)\n")
        do throws(ConfigurationError) {
            _ = try top.secret("key")
            Issue.record("\(text) was taken")
        } catch { #expect("\(error)".contains(words) && !"\(error)".contains("abc"), "\(error)") }
        // The text of a private key ends with a line end.
        #expect(try section("key: \"-----BEGIN X\\nabc\\n\"\n").secret("key")?.hasSuffix("\n") == true)
        #expect(try section("key: 'a\"b'\n").secret("key") == "a\"b")
    }

    @Test func `a value in quotes is told, and a second document`() throws {
        let top = try section("a: '\"5\"'\n")
        do throws(ConfigurationError) {
            _ = try top.int("a", default: 1, in: 0...9)
            Issue.record("it was taken")
        } catch { #expect("\(error)".contains("the quotes are part of it")) }
        do throws(ConfigurationError) {
            _ = try ConfigurationNode(yaml: Array("a: 1\n---\na: 2\n".utf8), file: "suite.yaml")
            Issue.record("it was taken")
        } catch { #expect("\(error)".contains("suite.yaml:2: a second document begins here")) }
        #expect(try ConfigurationNode(yaml: Array("---\na: 1\n...\n".utf8), file: "f").entries.count == 1)
    }

    @Test(arguments: [
        ("redis: {url: 'redis://h', ca_file: /etc/hostname}", "redis.ca_file: is for TLS"),
        ("redis: {url: 'rediss://h', ca_file: /no/such/file}", "redis.ca_file: can't read"),
        ("redis: {url: 'rediss://h', cert_file: /etc/hostname}", "redis.cert_file: cert_file and key_file go together"),
        ("redis: {url: 'redis://::1'}", "redis.url: an IPv6 address stands in brackets"),
    ])
    func `files of TLS are for TLS and are there`(text: String, words: String) throws {
        let top = try section(text + "\n")
        do throws(ConfigurationError) {
            _ = try SuiteSettings(top)
            Issue.record("it was taken")
        } catch { #expect("\(error)".contains(words), "\(error)") }
    }

    @Test func `the environment is put in, and its absence is told`() throws {
        let top = try section("a: ${HOST:-local}:${PORT}\nb: ${NONE}\n", environment: ["PORT": "80"])
        #expect(try top.string("a") == "local:80")
        #expect(
            throws: ConfigurationError(
                place: "suite.yaml:2", path: "b", message: "environment variable NONE is not set")
        ) { try top.string("b") }
    }

    @Test func `the last file wins key by key, and a variable over both`() throws {
        var first = try ConfigurationNode(yaml: Array("redis: {url: a, user: u}\n".utf8), file: "1")
        first = first.merged(with: try ConfigurationNode(yaml: Array("redis: {url: b}\n".utf8), file: "2"))
        first.set(["data_hub", "metrics_port"], to: "9", place: "VORTEX7__DATA_HUB__METRICS_PORT")
        let top = ConfigurationSection(first) { _ in nil }
        #expect(try top.section("redis").string("url") == "b")
        #expect(try top.section("redis").string("user") == "u")
        #expect(try top.section("data_hub").int("metrics_port", default: 0, in: 0...10) == 9)
    }

    @Test(arguments: ["a: [1", "a: 1\na: 2", "a: *b"])
    func `what is not proper is refused with its line`(yaml: String) {
        #expect(throws: ConfigurationError.self) { try section(yaml) }
    }

    @Test func `a secret's file may stand beside an empty secret, and not beside a written one`() throws {
        let yaml =
            "empty: ${NONE:-}\nempty_file: /proc/sys/kernel/ostype\nfull: x\nfull_file: /proc/sys/kernel/ostype\n"
        let top = try section(yaml)
        #expect(try top.secret("empty") == "Linux")
        #expect(throws: ConfigurationError.self) { try top.secret("full") }
    }

    @Test func `secrets are not shown`() throws {
        let node = try ConfigurationNode(
            yaml: Array("venue: {api_key: AAA, api_secret: BBB}\nredis: {url: 'redis://u:CCC@h:1'}\n".utf8), file: "")
        for secret in ["AAA", "BBB", "CCC"] { #expect(!node.redacted.contains(secret)) }
    }
}

struct MetricsTests {
    @Test func `the text is what Prometheus reads`() {
        let metrics = Metrics()
        metrics.counter("dead_letters_total", help: "Put aside.", labels: [("kind", "a\"b")]).add(1)
        metrics.counter("dead_letters_total", help: "Put aside.", labels: [("kind", "a\"b")]).add(2)
        let histogram = metrics.histogram("stage_seconds", help: "Time.", bounds: [0.1, 1])
        for value in [0.05, 0.5, 5] { histogram.observe(value) }
        let lines = metrics.text.split(separator: "\n").map(String.init)
        #expect(lines.contains("# TYPE vortex7_dead_letters_total counter"))
        #expect(lines.contains("vortex7_dead_letters_total{kind=\"a\\\"b\"} 3"))
        #expect(lines.contains("vortex7_stage_seconds_bucket{le=\"1.0\"} 2"))
        #expect(lines.contains("vortex7_stage_seconds_bucket{le=\"+Inf\"} 3"))
        #expect(lines.contains("vortex7_stage_seconds_count 3"))
    }
}
