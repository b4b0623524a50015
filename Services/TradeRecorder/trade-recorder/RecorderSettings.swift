import Ledger
import ServiceKit

/// The section `trade-recorder`.
struct RecorderSettings {
    /// Where backups are kept, by whatever makes them; nil when that is not to be watched.
    let backups: String?
    let retention: Retention

    init(_ section: ConfigurationSection) throws(ConfigurationError) {
        backups = try section.string("backups")
        var retention = Retention()
        let keep = try section.section("keep_days")
        for table in Retention.Table.allCases {
            let days = try keep.int(table.rawValue, default: retention.days[table] ?? 0, in: 0...36_500)
            retention.days[table] = days
        }
        self.retention = retention
    }
}
