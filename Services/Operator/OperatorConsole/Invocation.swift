import ServiceKit

/// What was typed: the command, its flags and its arguments.
struct Invocation {
    var command = ""
    var arguments: [String] = []
    var files: [String] = []
    var isJSON = false
    var isWatching = false
    var timeoutSeconds = 30
    /// The last minutes that `capture` takes.
    var minutes = 10
    /// Backups that stay; nil for all.
    var kept: Int?
    var isDaily = false
    /// What brings a backup to another place; the shell runs it.
    var copyCommand = environment("VORTEX7_BACKUP_THEN").flatMap { $0.isEmpty ? nil : $0 }
    var isEffective = false
    /// First and last day that 'export' tells, both included.
    var firstDay: String?
    var lastDay: String?

    static var help: String {
        var table = Table()
        for command in ConsoleCommand.all {
            table.add(
                "  " + [command.name, command.arguments].filter { !$0.isEmpty }.joined(separator: " "), command.summary)
        }
        return """
            vortexctl: the operator's command line of Vortex-7

            Usage: vortexctl [-c FILE]... COMMAND [--json]
                   vortexctl COMMAND --help

            \(table.text)

              -c, --config FILE  configuration file; of several, the last one wins (default deploy/config/paper.yaml)
                  --json         print JSON, one object a line
                  --timeout S    how long a command waits for its answer (default 30)
                  --last M       minutes that 'capture' takes (default 10)
                  --keep N       backups that 'backup' leaves in its folder (default all)
                  --daily        'backup' stays, and saves once a day
                  --then COMMAND what the shell does with a backup that was made, whose folder is in $BACKUP
                  --effective    'config show' tells what each service reads, with defaults
                  --from DAY     first day that 'export' tells, as 2026-11-30
                  --to DAY       last day that 'export' tells
              -V, --version      print the version, and stop
              -h, --help         print this, and stop

            \(ExitCode.help)
            """
    }

    private static func help(of name: String) -> String {
        guard let command = ConsoleCommand.all.first(where: { $0.name == name }) else { return help }
        let usage = ["vortexctl", command.name, command.arguments].filter { !$0.isEmpty }.joined(separator: " ")
        return [usage, command.summary, command.details].filter { !$0.isEmpty }.joined(separator: "\n\n")
            + "\n\n" + ExitCode.help
    }

    /// Ends the process for `--help`, `--version` and for what is not understood.
    init(_ arguments: [String]) {
        var rest = arguments.dropFirst(), wantsHelp = false
        while let argument = rest.popFirst() {
            switch argument {
            case "-h", "--help": wantsHelp = true
            case "-V", "--version":
                print("vortexctl \(Suite.version)")
                ExitCode.success.exit()
            case "-c", "--config":
                guard let file = rest.popFirst() else { Self.refuse("\(argument) needs a file") }
                files.append(file)
            case "--json": isJSON = true
            case "--watch": isWatching = true
            case "--timeout":
                guard let text = rest.popFirst(), let seconds = Int(text), 1...3600 ~= seconds else {
                    Self.refuse("--timeout needs a number of seconds, 1…3600")
                }
                timeoutSeconds = seconds
            case "--last":
                guard let text = rest.popFirst(), let minutes = Int(text), 1...1440 ~= minutes else {
                    Self.refuse("--last needs a number of minutes, 1…1440")
                }
                self.minutes = minutes
            case "--keep":
                guard let text = rest.popFirst(), let count = Int(text), 1...10_000 ~= count else {
                    Self.refuse("--keep needs a number of backups, 1…10000")
                }
                kept = count
            case "--daily": isDaily = true
            case "--then":
                guard let text = rest.popFirst(), !text.isEmpty else { Self.refuse("--then needs a command") }
                copyCommand = text
            case "--effective": isEffective = true
            case "--from", "--to":
                guard let text = rest.popFirst(), let day = CalendarDay.checked(text) else {
                    Self.refuse("\(argument) needs a day, as 2026-11-30")
                }
                if argument == "--from" { firstDay = day } else { lastDay = day }
            default:
                if argument.hasPrefix("-") { Self.refuse("'\(argument)' is not understood") }
                if command.isEmpty { command = argument } else { self.arguments.append(argument) }
            }
        }
        if wantsHelp {
            print(Self.help(of: command))
            ExitCode.success.exit()
        }
        if files.isEmpty { files = ["deploy/config/paper.yaml"] }
    }

    static func refuse(_ message: String) -> Never {
        complain("vortexctl: \(message); see vortexctl --help")
        ExitCode.configuration.exit()
    }
}
