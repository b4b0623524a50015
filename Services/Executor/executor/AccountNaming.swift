import BinanceFutures
import ServiceKit

/// Asks the venue what it calls the account: a code that is no secret, by which trades of one account are told from another's.
final class AccountNaming {
    private let context: ServiceContext
    private let rest: RestClient
    private let onName: (String) -> Void
    private var isAsking = false
    private var backOff = BackOff(leastMs: 5000, greatestMs: 300_000)

    init(_ context: ServiceContext, _ rest: RestClient, onName: @escaping (String) -> Void) {
        self.context = context
        self.rest = rest
        self.onName = onName
    }

    /// Once more after a while when the venue does not answer. Nothing waits for it.
    func ask() {
        guard !isAsking else { return }
        isAsking = true
        rest.send(AccountAlias.request) { [unowned self] outcome in
            isAsking = false
            guard case .success(let value) = outcome, let name = AccountAlias.name(in: value) else {
                context.log.warning("account_unnamed") { $0.put("outcome", String("\(outcome)".prefix(200))) }
                context.reactor.after(ms: backOff.next()) { [unowned self] in ask() }
                return
            }
            backOff.reset()
            onName(name)
        }
    }
}
