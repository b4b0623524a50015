import Glibc
import Ledger
import ServiceKit
import SignalContracts
import StreamBus
import TradingPrimitives

/// Checks what the suite stands on, one line each, worst exit code last.
extension Console {
    func doctor() -> ExitCode {
        var report = DoctorReport(isJSON: invocation.isJSON)
        report.add(
            "configuration", .good, "\(invocation.files.joined(separator: ", ")): mode \(settings.mode.rawValue)")
        for error in ForeignSettings.found(environment) { report.add("environment", .bad, "\(error)") }
        checkRedis(&report)
        checkPostgres(&report)
        checkDisk(&report)
        checkMetricsPorts(&report)
        checkVenue(&report)
        return report.isHealthy ? .success : .failure
    }

    private func checkRedis(_ report: inout DoctorReport) {
        do throws(RedisError) {
            let client = try RedisClient(settings.redis, timeoutMs: 2000)
            let servers = try client.information("all").map { Self.values($0) }
            for (number, server) in servers.enumerated() {
                check(server, settings.redis.cluster == nil ? "" : " \(number + 1)", &report)
            }
            if let map = settings.redis.cluster { check(map, servers, &report) }
        } catch {
            report.add("redis", .bad, "\(settings.redis): \(error)")
        }
    }

    private static func values(_ information: String) -> [String: String] {
        var values: [String: String] = [:]
        for line in information.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { values[String(parts[0])] = String(parts[1]) }
        }
        return values
    }

    /// `name` is empty for a single server, else the number of the master.
    private func check(_ server: [String: String], _ name: String, _ report: inout DoctorReport) {
        let version = server["redis_version"] ?? "?"
        let major = Int(version.split(separator: ".").first ?? "") ?? 0
        let place = name.isEmpty ? "\(settings.redis)" : "port \(server["tcp_port"] ?? "?")"
        report.add(
            "redis\(name)", major >= 7 ? .good : .bad,
            "\(place): version \(version)\(major >= 7 ? "" : ", 7 is needed")")
        let isDurable = server["aof_enabled"] == "1"
        report.add(
            "redis durability\(name)", isDurable ? .good : .poor,
            isDurable ? "append-only file" : "no append-only file: a crash loses the streams")
        let policy = server["maxmemory_policy"] ?? "?"
        report.add(
            "redis memory\(name)", policy == "noeviction" ? .good : .bad,
            "\(server["used_memory_human"] ?? "?") used, policy \(policy)\(policy == "noeviction" ? "" : ": must be noeviction")"
        )
    }

    private func check(_ map: ClusterMap, _ servers: [[String: String]], _ report: inout DoctorReport) {
        let missing = map.unservedCount
        let alone = servers.count { ($0["connected_slaves"] ?? "0") == "0" }
        report.add(
            "redis cluster", missing > 0 ? .bad : alone > 0 ? .poor : .good,
            missing > 0
                ? "\(missing) slots have no master: their contracts stand still"
                : "\(servers.count) masters"
                    + (alone > 0
                        ? ", \(alone) without a replica: what such a one has dies with it" : ", each with a replica"))
    }

    private func checkPostgres(_ report: inout DoctorReport) {
        do throws(DatabaseError) {
            let database = try Database(url: settings.postgres.url, password: settings.postgres.password)
            let version = try database.run("SHOW server_version").first?.first.flatMap { $0 } ?? "?"
            let major = Int(version.prefix { $0.isNumber }) ?? 0
            report.add("postgres", major >= 15 ? .good : .poor, "version \(version)")
            let trades = try database.run("SELECT to_regclass('trades')").first?.first.flatMap { $0 }
            report.add(
                "postgres schema", trades == nil ? .poor : .good,
                trades == nil ? "not there yet: trade-recorder makes it" : "present")
            checkWriting(database, hasTables: trades != nil, &report)
        } catch {
            report.add("postgres", .bad, "\(error)")
        }
    }

    /// Whether a row can be written: a server that only reads answers all questions, too. What is written is taken back.
    private func checkWriting(_ database: Database, hasTables: Bool, _ report: inout DoctorReport) {
        do throws(DatabaseError) {
            let isReadOnly = try database.run("SHOW transaction_read_only").first?.first == "on"
            guard !isReadOnly else {
                return report.add(
                    "postgres writes", .bad,
                    "the server only reads (after a failover, or by default_transaction_read_only): nothing is recorded"
                )
            }
            try database.trial { database throws(DatabaseError) in
                guard hasTables else { return try database.script("CREATE TABLE vortex7_trial (id INTEGER)") }
                try database.run(
                    """
                    INSERT INTO alerts (entry_id, event_time, severity, service, event, text)
                    VALUES ('doctor', now(), 'info', 'vortexctl', 'trial', '')
                    """)
            }
            report.add("postgres writes", .good, "a row can be written")
        } catch {
            // An operator's own user may only read; the recorder has another one.
            let mayOnlyRead = error.description.contains("(42501)")
            report.add(
                "postgres writes", mayOnlyRead ? .poor : .bad,
                mayOnlyRead ? "not tried: this user may only read" : "no row can be written: \(error)")
        }
    }

    private func checkDisk(_ report: inout DoctorReport) {
        var usage = statvfs()
        guard statvfs("var", &usage) == 0 || statvfs(".", &usage) == 0, usage.f_blocks > 0 else {
            return report.add("disk", .poor, "can't be measured: \(String(cString: strerror(errno)))")
        }
        let used = 100 - Int(usage.f_bavail * 100 / usage.f_blocks)
        report.add(
            "disk", used < 85 ? .good : .bad, "\(used) % used\(used < 85 ? "" : ": make room, the journal needs it")")
    }
}

/// The doctor's findings.
struct DoctorReport {
    enum Grade: String {
        case good = "ok"
        case poor = "warning"
        case bad = "FAILED"
    }

    let isJSON: Bool
    private(set) var isHealthy = true

    init(isJSON: Bool) { self.isJSON = isJSON }

    mutating func add(_ check: String, _ grade: Grade, _ text: String) {
        if grade == .bad { isHealthy = false }
        let json = JSONNode.object([("check", .text(check)), ("grade", .text(grade.rawValue)), ("text", .text(text))])
        let name = check + String(repeating: " ", count: max(1, 20 - check.count))
        let word = grade.rawValue + String(repeating: " ", count: 8 - grade.rawValue.count)
        print(isJSON ? json.line : "\(name)\(word)\(text)")
    }
}
