import ServiceKit
import SignalContracts
import StreamBus

/// A command of the operator: how it is called, what it does, and what does it.
struct ConsoleCommand: Sendable {
    let name: String
    /// As the help shows them.
    let arguments: String
    let summary: String
    /// More for `vortexctl NAME --help`.
    let details: String
    let run: @Sendable (Console) throws(RedisError) -> ExitCode

    init(
        _ name: String, takes arguments: String = "", _ summary: String, details: String = "",
        run: @escaping @Sendable (Console) throws(RedisError) -> ExitCode
    ) {
        self.name = name
        self.arguments = arguments
        self.summary = summary
        self.details = details
        self.run = run
    }

    static let all: [ConsoleCommand] = looking + explaining + acting + keeping

    private static let looking: [ConsoleCommand] = [
        ConsoleCommand(
            "status", takes: "[--watch]",
            "services, feed, account, positions, signals and decisions; --watch: again every second"
        ) { console throws(RedisError) in try console.status() },
        ConsoleCommand(
            "streams", "length of each stream, and for each of its readers what is pending and behind"
        ) { console throws(RedisError) in try console.streams() },
        ConsoleCommand(
            "lag", "for each service the stream it is furthest behind in, in entries and seconds",
            details:
                "Exits 1 when a service is more than 5 s behind, or has pending entries that nobody has touched for 5 s."
        ) { console throws(RedisError) in try console.lag() },
        ConsoleCommand(
            "engines", "which worker of each service owns which contract"
        ) { console throws(RedisError) in try console.engines() },
        ConsoleCommand(
            "weights", takes: "[history|rollback N]",
            "the engines' weights and learned parameters that decisions are made with",
            details: """
                history      all sets that the learner has proposed or applied, newest first, each with its reason
                rollback N   set N counts again, exactly, under a new number; what is proposed is dropped
                """
        ) { console throws(RedisError) in try console.weights() },
        ConsoleCommand(
            "kpi", "how well it trades: ten figures over a day, a week and a month, beside target and danger",
            details: "Exits 1 when one of them is dangerous over the week; then it says what may help."
        ) { console throws(RedisError) in try console.kpi() },
        ConsoleCommand(
            "doctor", "check configuration, ports, Redis, PostgreSQL, venue, key, clock, disk and journals"
        ) { console in console.doctor() },
    ]

    private static let explaining: [ConsoleCommand] = [
        ConsoleCommand(
            "why", takes: "ID", "explain a decision or a trade: signals, reason, plan, orders, result"
        ) { console throws(RedisError) in try console.why() },
        ConsoleCommand(
            "why-not", takes: "SYMBOL", "what stopped entries since midnight UTC, gate by gate"
        ) { console throws(RedisError) in try console.whyNot() },
        ConsoleCommand(
            "trace", takes: "ID", "one market event or decision through all hops, with the time that each took",
            details: """
                ID is the id of an md.* entry (1795660797134-5), as 'cause' shows it, or that of a decision or trade.
                """
        ) { console throws(RedisError) in try console.trace() },
        ConsoleCommand(
            "capture", takes: "FILE [--last M]",
            "save the streams of the last minutes, with the past that a replay needs"
        ) { console throws(RedisError) in try console.capture() },
        ConsoleCommand(
            "replay", takes: "FILE",
            "run engines, decision and risk over a capture: what they say must be what they said",
            details: "Exits 8 at a difference, and shows the first one of each service with what came before it."
        ) { console in console.replay() },
    ]

    private static let acting: [ConsoleCommand] = [
        ConsoleCommand(
            "stop", "no new entries; open positions keep their stops and targets"
        ) { console throws(RedisError) in try console.send(.stop) },
        ConsoleCommand("start", "entries are allowed again") { console throws(RedisError) in try console.send(.start) },
        ConsoleCommand(
            "close", takes: "SYMBOL", "close one position by a market order that can only reduce"
        ) { console throws(RedisError) in try console.close() },
        ConsoleCommand(
            "close-all", "close all positions, cancel all orders of ours, wait until flat"
        ) { console throws(RedisError) in try console.send(.closeAll) },
        ConsoleCommand(
            "halt", "no new entries, by the risk manager, until 'resume'; survives restarts"
        ) { console throws(RedisError) in try console.send(.halt) },
        ConsoleCommand(
            "pause", takes: "SYMBOL", "no new entries in one contract until 'resume SYMBOL'; survives restarts"
        ) { console throws(RedisError) in try console.send(.pause, console.tradedSymbol()) },
        ConsoleCommand(
            "resume", takes: "[SYMBOL]",
            "ends 'halt', or the pause of a contract; circuit breakers stay until their time"
        ) { console throws(RedisError) in try console.resume() },
        ConsoleCommand(
            "restart", takes: "SERVICE", "restart one service, and wait until it is back",
            details: """
                How is said by 'vortexctl.restart_command', where {service} stands for the name; without it supervisord is
                asked if var/run/supervisord.conf is there. Positions keep their stops at the venue meanwhile.
                """
        ) { console throws(RedisError) in try console.restart() },
    ]

    private static let keeping: [ConsoleCommand] = [
        ConsoleCommand(
            "config", takes: "check|show|diff FILE",
            "check the configuration with each service, show it, or compare it",
            details: """
                check       each service's own program reads it; what it refuses is told with its path
                show        all files and the environment laid over each other, without secrets; with --effective each
                            setting as its service reads it, beside its default and what it may be
                diff FILE   what would change if FILE were laid over it
                """
        ) { console in console.config() },
        ConsoleCommand(
            "dlq", takes: "list|show ID|retry ID", "entries that a service could not read",
            details: """
                list        all of them, newest first
                show ID     one of them with its fields
                retry ID    tell it again, for commands, decisions and plans: their readers know what they have taken.
                            Market data, signals and events are not told twice
                """
        ) { console throws(RedisError) in try console.deadLetters() },
        ConsoleCommand(
            "journal", takes: "verify [FILE]...", "read every record of the journals, also of those in use"
        ) { console in console.journal() },
        ConsoleCommand(
            "backup", takes: "FOLDER [--keep N] [--daily] [--then COMMAND]",
            "save database, journals and configuration into a new folder of FOLDER",
            details: """
                The database by pg_dump. The folder is named by the time; MANIFEST lists each file with its SHA-256.
                --keep N    leaves the N newest backups there
                --daily     stays: saves when the newest one is a day old, and tries again after ten minutes when that fails
                --then COMMAND
                            the shell runs it with the new folder's path in $BACKUP, to copy it to another machine; a backup
                            counts as made once it has ended with 0. Also VORTEX7_BACKUP_THEN
                """
        ) { console in console.backups() },
        ConsoleCommand(
            "export", takes: "fills|fees|funding [--from DAY] [--to DAY]",
            "what was traded and paid, payment by payment, as CSV",
            details: """
                fills       each piece of an order that was filled, with its fee
                fees        the fees alone, in what they were paid in
                funding     each payment of funding, below zero when paid
                Days are written 2026-11-30, both are included, and begin at midnight UTC; without them all is told.
                """
        ) { console in console.export() },
        ConsoleCommand(
            "restore", takes: "FOLDER", "bring a backup's database back, and journals where there are none",
            details: """
                Refused (6) while a service runs. Journals that exist are newer than the backup's and stay: the venue's word
                counts for the rest. The recorder then reads again what the streams still hold.
                """
        ) { console throws(RedisError) in try console.restore() },
        ConsoleCommand(
            "completion", takes: "bash|zsh|fish", "print the shell's completion of these commands"
        ) { console in console.completion() },
    ]
}
