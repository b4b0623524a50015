import ServiceKit

// Reads decision, plan, execution and alert, writes PostgreSQL.
let context = ServiceContext.start(
    "trade-recorder", purpose: "Writes decisions, plans, trades and alerts down in PostgreSQL.")
let backups = context.configure { section throws(ConfigurationError) in try section.string("backups") }
if let backups {
    context.metrics.gauge("backup_age_seconds", help: "Since the newest backup was made.") {
        BackupAge.seconds(in: backups)
    }
}
Recorder(context).run().exit()
