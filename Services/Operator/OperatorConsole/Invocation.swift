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

    static let help = """
        vortexctl: the operator's command line of Vortex-7

        Usage: vortexctl [-c FILE]... COMMAND [--json]

          status [--watch]   services, feed, account, positions, signals and decisions; --watch: again every second
          streams            length of each stream, and for each of its readers what is pending and behind
          stop               no new entries; open positions keep their stops and targets
          start              entries are allowed again
          close SYMBOL       close one position by a market order that can only reduce
          close-all          close all positions, cancel all orders of ours, wait until flat
          halt               no new entries, by the risk manager, until 'resume'; survives restarts
          resume             ends 'halt'; circuit breakers stay until their time
          why ID             explain a decision or a trade: signals, reason, plan, orders, result
          why-not SYMBOL     what stopped entries since midnight UTC, gate by gate
          capture FILE       save the streams of the last minutes (--last), with the past that a replay needs
          replay FILE        run engines, decision and risk over a capture: what they say must be what they said
          doctor             check configuration, Redis, PostgreSQL, venue, clock and disk

          -c, --config FILE  configuration file; of several, the last one wins (default deploy/config/paper.yaml)
              --json         print JSON, one object a line
              --timeout S    how long a command waits for its answer (default 30)
              --last M       minutes that 'capture' takes (default 10)
          -V, --version      print the version, and stop
          -h, --help         print this, and stop

        \(ExitCode.help)
        """

    /// Ends the process for `--help`, `--version` and for what is not understood.
    init(_ arguments: [String]) {
        var rest = arguments.dropFirst()
        while let argument = rest.popFirst() {
            switch argument {
            case "-h", "--help":
                print(Self.help)
                ExitCode.success.exit()
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
            default:
                if argument.hasPrefix("-") { Self.refuse("'\(argument)' is not understood") }
                if command.isEmpty { command = argument } else { self.arguments.append(argument) }
            }
        }
        if files.isEmpty { files = ["deploy/config/paper.yaml"] }
    }

    static func refuse(_ message: String) -> Never {
        complain("vortexctl: \(message); see vortexctl --help")
        ExitCode.configuration.exit()
    }
}
