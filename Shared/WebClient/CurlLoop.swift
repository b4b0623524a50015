import CCurl
import ServiceKit

/// libcurl's transfers on a reactor: sockets and timer of its multi interface.
final class CurlLoop {
    /// After each turn of libcurl's, before what has ended is told.
    var onProgress: () -> Void = {}
    /// A transfer has ended; it is still to be removed.
    var onFinished: (UnsafeMutableRawPointer, CURLcode) -> Void = { _, _ in }
    private let reactor: Reactor
    private let multi: UnsafeMutableRawPointer
    private var timer: Reactor.TimerToken?

    /// Nil when libcurl does not start.
    init?(_ reactor: Reactor) {
        guard curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK, let multi = curl_multi_init() else { return nil }
        self.reactor = reactor
        self.multi = multi
        let me = Unmanaged.passUnretained(self).toOpaque()
        _ = ccurl_multi_set_pointer(multi, CURLMOPT_SOCKETDATA, me)
        _ = ccurl_multi_set_pointer(multi, CURLMOPT_TIMERDATA, me)
        _ = ccurl_multi_set_socket_function(multi) { _, socket, what, owner, _ in
            guard let owner else { return 0 }
            Unmanaged<CurlLoop>.fromOpaque(owner).takeUnretainedValue().watch(socket, what)
            return 0
        }
        _ = ccurl_multi_set_timer_function(multi) { _, ms, owner in
            guard let owner else { return 0 }
            Unmanaged<CurlLoop>.fromOpaque(owner).takeUnretainedValue().setTimer(ms)
            return 0
        }
    }

    deinit { curl_multi_cleanup(multi) }

    func add(_ easy: UnsafeMutableRawPointer) { curl_multi_add_handle(multi, easy) }
    func remove(_ easy: UnsafeMutableRawPointer) { curl_multi_remove_handle(multi, easy) }

    /// Lets libcurl do now what it can; returns how many transfers go on. What has ended is told by the loop.
    func kick() -> Int32 {
        var running: Int32 = 0
        curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running)
        return running
    }

    func turnSoon() { reactor.after(ms: 0) { [weak self] in self?.act(CURL_SOCKET_TIMEOUT, 0) } }

    private func watch(_ socket: Int32, _ what: Int32) {
        let interest: Reactor.Interest
        switch what {
        case CURL_POLL_IN: interest = .read
        case CURL_POLL_OUT: interest = .write
        case CURL_POLL_INOUT: interest = [.read, .write]
        default:
            reactor.unwatch(socket)
            return
        }
        reactor.watch(socket, for: interest) { [weak self] ready in
            var mask: Int32 = 0
            if ready.contains(.read) { mask |= CURL_CSELECT_IN }
            if ready.contains(.write) { mask |= CURL_CSELECT_OUT }
            self?.act(socket, mask)
        }
    }

    private func setTimer(_ ms: Int) {
        if let timer { reactor.cancel(timer) }
        timer = nil
        guard ms >= 0 else { return }
        timer = reactor.after(ms: Int64(ms)) { [weak self] in
            self?.timer = nil
            self?.act(CURL_SOCKET_TIMEOUT, 0)
        }
    }

    private func act(_ socket: Int32, _ mask: Int32) {
        var running: Int32 = 0
        curl_multi_socket_action(multi, socket, mask, &running)
        onProgress()
        var result = CURLE_OK
        while let easy = ccurl_next_finished(multi, &result) { onFinished(easy, result) }
    }
}
