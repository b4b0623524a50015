import OperatorConsole
import SignalContracts
import TradingPrimitives

/// What a person asks for.
enum ChatCommand {
    case help
    case ask(SuiteAnswers.Question)
    case send(CommandName)
    /// Needs a code that is told first, so that a slip of the thumb closes nothing.
    case closeAll(code: String?)
    /// With how it is written right.
    case wrong(String)

    static let list = """
        /status  account, risk, positions
        /balance  the account
        /engines  what each engine says
        /regime  the state of the market
        /risk, /breakers  what stops entries, and until when
        /stats  trades by strategy
        /kpi  ten figures beside their targets
        /daily  the last seven days
        /why ID  one decision or trade, explained
        /whynot SYMBOL  what stopped entries today
        /stop  no new entries; positions keep their stops and targets
        /start  entries are allowed again
        /halt, /resume  the same by the risk manager
        /close_all  close everything at the market; asks for a code first
        """

    init(_ message: ChatMessage, symbols: [Symbol]) {
        let argument = message.arguments.first
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
            let symbol = argument.flatMap { Symbol($0.uppercased()) }.flatMap { symbols.contains($0) ? $0 : nil }
            self =
                symbol.map { .ask(.whyNot($0)) }
                ?? .wrong("/whynot SYMBOL: \(symbols.map(\.name).joined(separator: ", "))")
        case "stop", "stopentry": self = .send(.stop)
        case "start": self = .send(.start)
        case "halt": self = .send(.halt)
        case "resume": self = .send(.resume)
        case "close_all": self = .closeAll(code: argument)
        case "help": self = .help
        default: self = .wrong("not a command that I know; /help lists them")
        }
    }
}
