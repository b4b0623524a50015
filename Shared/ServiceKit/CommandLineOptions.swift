/// The arguments that every service takes.
struct CommandLineOptions {
    /// In order of precedence, last wins.
    private(set) var files: [String] = []
    private(set) var level: LogLevel?
    private(set) var showsConfiguration = false
    /// Whether the configuration is read, and nothing else done.
    private(set) var isCheck = false
    /// Whether all settings are told, and nothing else done.
    private(set) var showsSettings = false
    /// A capture of the streams to be replayed instead of serving.
    private(set) var replay: String?

    static let defaultFile = "deploy/config/paper.yaml"

    /// Ends the process for `--help`, `--version` and for what is not understood.
    init(_ arguments: [String], name: String, purpose: String, isReplayable: Bool = false) {
        var rest = arguments.dropFirst()
        while let argument = rest.popFirst() {
            switch argument {
            case "-c", "--config":
                guard let file = rest.popFirst() else { Self.refuse(name, "\(argument) needs a file") }
                files.append(file)
            case "-h", "--help":
                print(Self.help(name, purpose, isReplayable: isReplayable))
                ExitCode.success.exit()
            case "-V", "--version":
                print("\(name) \(Suite.version)")
                ExitCode.success.exit()
            case "-v", "--verbose": level = .debug
            case "-vv": level = .trace
            case "--replay" where isReplayable:
                guard let file = rest.popFirst() else { Self.refuse(name, "\(argument) needs a file") }
                replay = file
            case "--show-config": showsConfiguration = true
            case "--check": isCheck = true
            case "--settings": showsSettings = true
            default: Self.refuse(name, "'\(argument)' is not understood")
            }
        }
        if files.isEmpty { files = [Self.defaultFile] }
    }

    private static func refuse(_ name: String, _ message: String) -> Never {
        complain("\(name): \(message); see \(name) --help")
        ExitCode.configuration.exit()
    }

    private static func help(_ name: String, _ purpose: String, isReplayable: Bool) -> String {
        let replay = """
                  --replay FILE   read a capture instead of the streams, compare what it says with what it said, and stop

            """
        return """
            \(name): \(purpose)

            Usage: \(name) [-c FILE]... [-v | -vv] [--check | --settings | --show-config]\(isReplayable ? " [--replay FILE]" : "")

              -c, --config FILE   configuration file; of several, the last one wins (default \(defaultFile))
              -v, -vv             log more: debug, trace
                  --check         read the configuration, say what is wrong with it, and stop
                  --settings      print each setting with its form, default and value as JSON, and stop
                  --show-config   print the configuration without secrets, and stop
            \(isReplayable ? replay : "")  -V, --version       print the version, and stop
              -h, --help          print this, and stop

            VORTEX7__SECTION__KEY in the environment overrides a key of the files.

            \(ExitCode.help)
            """
    }
}
