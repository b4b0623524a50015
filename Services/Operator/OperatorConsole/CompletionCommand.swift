import ServiceKit
import SignalContracts
import TradingPrimitives

extension Console {
    /// A script for the shell to read: `source <(vortexctl completion bash)`.
    func completion() -> ExitCode {
        let names = ConsoleCommand.all.map(\.name).joined(separator: " ")
        let symbols = settings.symbols.map(\.name).joined(separator: " ")
        let services = Services.restartable.joined(separator: " ")
        switch invocation.arguments.first {
        case "bash":
            print(
                """
                _vortexctl() {
                    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
                    case $before in
                        -c|--config|capture|replay|diff|backup|restore|verify) COMPREPLY=($(compgen -f -- "$word")) ;;
                        close|why-not) COMPREPLY=($(compgen -W "\(symbols)" -- "$word")) ;;
                        restart) COMPREPLY=($(compgen -W "\(services)" -- "$word")) ;;
                        config) COMPREPLY=($(compgen -W "check show diff" -- "$word")) ;;
                        dlq) COMPREPLY=($(compgen -W "list show retry" -- "$word")) ;;
                        journal) COMPREPLY=($(compgen -W "verify" -- "$word")) ;;
                        completion) COMPREPLY=($(compgen -W "bash zsh fish" -- "$word")) ;;
                        *) COMPREPLY=($(compgen -W "\(names) --config --json --help --version --timeout" -- "$word")) ;;
                    esac
                }
                complete -F _vortexctl vortexctl
                """)
        case "zsh":
            let lines = ConsoleCommand.all.map { "'\($0.name):\($0.summary.filter { $0 != "'" && $0 != ":" })'" }
            print(
                """
                #compdef vortexctl
                _vortexctl() {
                    local -a commands=(\(lines.joined(separator: " ")))
                    case $words[2] in
                        close|why-not) compadd \(symbols) ;;
                        restart) compadd \(services) ;;
                        config) compadd check show diff ;;
                        dlq) compadd list show retry ;;
                        journal) compadd verify ;;
                        completion) compadd bash zsh fish ;;
                        capture|replay|backup|restore) _files ;;
                        *) _describe command commands ;;
                    esac
                }
                compdef _vortexctl vortexctl
                """)
        case "fish":
            for command in ConsoleCommand.all {
                let text = command.summary.filter { $0 != "'" }
                print("complete -c vortexctl -n __fish_use_subcommand -f -a \(command.name) -d '\(text)'")
            }
            print("complete -c vortexctl -n '__fish_seen_subcommand_from close why-not' -f -a '\(symbols)'")
            print("complete -c vortexctl -n '__fish_seen_subcommand_from restart' -f -a '\(services)'")
        default: Invocation.refuse("completion needs bash, zsh or fish")
        }
        return .success
    }
}
