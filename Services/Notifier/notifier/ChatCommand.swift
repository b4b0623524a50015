import OperatorConsole
import SignalContracts
import TradingPrimitives

/// What a person asks for.
enum ChatCommand {
    case help
    case ask(SuiteAnswers.Question)
    case send(CommandName, Symbol? = nil)
    /// Needs a code that is told first, so that a slip of the thumb closes nothing.
    case closeAll(code: String?)
    /// With how it is written right.
    case wrong(String)

    /// What it understands, as it is told and as the chat's menu shows it.
    static let menu: [(name: String, argument: String, what: String)] = [
        ("status", "", "account, risk, positions"),
        ("balance", "", "the account"),
        ("engines", "", "what each engine says"),
        ("regime", "", "the state of the market"),
        ("risk", "", "the day, and what stops entries"),
        ("breakers", "", "what stops entries, and until when"),
        ("stats", "", "trades by strategy"),
        ("kpi", "", "ten figures beside their targets"),
        ("daily", "", "the last seven days"),
        ("why", "ID", "one decision or trade, explained"),
        ("whynot", "SYMBOL", "what stopped entries today"),
        ("stop", "", "no new entries; positions keep their stops and targets"),
        ("start", "", "entries are allowed again"),
        ("halt", "", "no new entries, by the risk manager; survives restarts"),
        ("pause", "SYMBOL", "no new entries in one contract; survives restarts"),
        ("resume", "[SYMBOL]", "ends a halt, or the pause of a contract"),
        ("close", "SYMBOL", "close one position at the market"),
        ("close_all", "", "close everything at the market; asks for a code first"),
        ("help", "", "this list"),
    ]

    static var list: String {
        menu.map { "/\($0.name)\($0.argument.isEmpty ? "" : " ")\($0.argument)  \($0.what)" }.joined(separator: "\n")
    }

    init(_ message: ChatMessage, symbols: [Symbol]) {
        let argument = message.arguments.first
        let symbol = argument.flatMap { Symbol($0.uppercased()) }.flatMap { symbols.contains($0) ? $0 : nil }
        let names = symbols.map(\.name).joined(separator: ", ")
        switch message.command {
        case "status": self = .ask(.status)
        case "balance": self = .ask(.balance)
        case "engines": self = .ask(.engines)
        case "regime": self = .ask(.regime)
        case "risk": self = .ask(.risk)
        case "breakers": self = .ask(.breakers)
        case "stats": self = .ask(.stats)
        case "kpi": self = .ask(.kpi)
        case "daily": self = .ask(.daily)
        case "why":
            self = argument.flatMap { TradeId($0) }.map { .ask(.why($0)) } ?? .wrong("/why ID: of a decision or trade")
        case "whynot":
            self = symbol.map { .ask(.whyNot($0)) } ?? .wrong("/whynot SYMBOL: \(names)")
        case "stop", "stopentry": self = .send(.stop)
        case "start": self = .send(.start)
        case "halt": self = .send(.halt)
        case "pause": self = symbol.map { .send(.pause, $0) } ?? .wrong("/pause SYMBOL: \(names)")
        case "resume":
            self = argument == nil || symbol != nil ? .send(.resume, symbol) : .wrong("/resume [SYMBOL]: \(names)")
        case "close": self = symbol.map { .send(.close, $0) } ?? .wrong("/close SYMBOL: \(names)")
        case "close_all": self = .closeAll(code: argument)
        case "help": self = .help
        default: self = .wrong("not a command that I know; /help lists them")
        }
    }
}
