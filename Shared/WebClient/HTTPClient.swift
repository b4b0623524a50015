import CCurl
public import ServiceKit

/// Requests to web servers on a reactor, over libcurl's connections, which are kept alive.
public final class HTTPClient {
    private let reactor: Reactor
    private let loop: CurlLoop
    private var transfers: [UnsafeMutableRawPointer: WebTransfer] = [:]
    /// Those whose departure someone waits for.
    private var departing: [UnsafeMutableRawPointer] = []
    private var idle: [UnsafeMutableRawPointer] = []

    /// Nil when libcurl does not start.
    public init?(_ reactor: Reactor) {
        guard let loop = CurlLoop(reactor) else { return nil }
        self.reactor = reactor
        self.loop = loop
        loop.onProgress = { [unowned self] in tellDepartures() }
        loop.onFinished = { [unowned self] in finish($0, $1) }
    }

    deinit {
        for (easy, _) in transfers {
            loop.remove(easy)
            curl_easy_cleanup(easy)
        }
        for easy in idle { curl_easy_cleanup(easy) }
    }

    /// A request that is ready to leave: to be sent, or dropped, once.
    public struct ReadyRequest {
        fileprivate let easy: UnsafeMutableRawPointer
        fileprivate let transfer: WebTransfer
    }

    /// Does all that can be done before a request leaves; nil without memory. `completion` is called once it has been sent: once,
    /// from the loop, never before `send` returns. `onSent` is called when the body of a POST has gone to the system.
    public func prepare(
        _ request: WebRequest, onSent: (() -> Void)? = nil,
        _ completion: @escaping (Result<WebAnswer, WebFailure>) -> Void
    ) -> ReadyRequest? {
        guard let easy = idle.popLast() ?? curl_easy_init() else { return nil }
        let transfer = WebTransfer(request, onSent: onSent, completion)
        transfer.prepare(easy)
        return ReadyRequest(easy: easy, transfer: transfer)
    }

    public func send(_ ready: ReadyRequest) {
        ready.transfer.beganUs = SystemClock.monotonicUs()
        transfers[ready.easy] = ready.transfer
        if ready.transfer.onSent != nil { departing.append(ready.easy) }
        loop.add(ready.easy)
        depart()
    }

    /// Sends a request as it is prepared here.
    public func send(_ request: WebRequest, _ completion: @escaping (Result<WebAnswer, WebFailure>) -> Void) {
        if let ready = prepare(request, completion) { return send(ready) }
        reactor.after(ms: 0) {
            completion(.failure(WebFailure(reason: "out of memory", mayHaveArrived: false, begun: nil, tookUs: 0)))
        }
    }

    /// Lets go of a request that is not to be sent; its completion is not called.
    public func drop(_ ready: ReadyRequest) { reuse(ready.easy) }

    private func reuse(_ easy: UnsafeMutableRawPointer) {
        curl_easy_reset(easy)
        idle.append(easy)
    }

    /// Lets libcurl send at once what it has been given, over a kept connection, in place of a turn of the loop later. What
    /// has ended meanwhile is told by the loop.
    private func depart() {
        let running = loop.kick()
        tellDepartures()
        guard running < transfers.count else { return }
        loop.turnSoon()
    }

    private func tellDepartures() {
        while let index = departing.firstIndex(where: { transfers[$0]?.isUploaded($0) == true }) {
            transfers[departing.remove(at: index)]?.onSent?()
        }
    }

    private func finish(_ easy: UnsafeMutableRawPointer, _ result: CURLcode) {
        loop.remove(easy)
        guard let transfer = transfers.removeValue(forKey: easy) else { return }
        let outcome = transfer.outcome(easy, result)
        departing.removeAll { $0 == easy }
        reuse(easy)
        transfer.completion(outcome)
    }
}
