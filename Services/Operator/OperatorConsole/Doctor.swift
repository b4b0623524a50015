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
        checkRedis(&report)
        checkPostgres(&report)
        checkDisk(&report)
        checkVenue(&report)
        return report.isHealthy ? .success : .failure
    }

    private func checkRedis(_ report: inout DoctorReport) {
        do throws(RedisError) {
            let client = try RedisClient(settings.redis, timeoutMs: 2000)
            let info = try client.command("INFO").text ?? ""
            func value(_ name: String) -> String? {
                info.split(whereSeparator: \.isNewline).first { $0.hasPrefix(name + ":") }.map {
                    String($0.dropFirst(name.count + 1))
                }
            }
            let version = value("redis_version") ?? "?"
            let major = Int(version.split(separator: ".").first ?? "") ?? 0
            report.add(
                "redis", major >= 7 ? .good : .bad,
                "\(settings.redis): version \(version)\(major >= 7 ? "" : ", 7 is needed")")
            let isDurable = value("aof_enabled") == "1"
            report.add(
                "redis durability", isDurable ? .good : .poor,
                isDurable ? "append-only file" : "no append-only file: a crash loses the streams")
            let policy = value("maxmemory_policy") ?? "?"
            report.add(
                "redis memory", policy == "noeviction" ? .good : .bad,
                "\(value("used_memory_human") ?? "?") used, policy \(policy)\(policy == "noeviction" ? "" : ": must be noeviction")"
            )
        } catch {
            report.add("redis", .bad, "\(settings.redis): \(error)")
        }
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
        } catch {
            report.add("postgres", .bad, "\(error)")
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
        let name = check + String(repeating: " ", count: max(0, 18 - check.count))
        let word = grade.rawValue + String(repeating: " ", count: 8 - grade.rawValue.count)
        print(isJSON ? json.line : "\(name)\(word)\(text)")
    }
}
