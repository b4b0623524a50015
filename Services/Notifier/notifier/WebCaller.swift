import BinanceFutures
import CCurl
import ServiceKit

/// Calls to web services, from the loop. Addresses hold secrets, so none is ever told.
final class WebCaller {
    struct Answer {
        let status: Int
        let body: [UInt8]
    }

    /// No answer came: it may have been done or not.
    struct Failure: Error {
        let reason: String
    }

    private final class Call {
        let body = CurlBody(bytesMax: 4 << 20)
        let completion: (Result<Answer, Failure>) -> Void
        init(_ completion: @escaping (Result<Answer, Failure>) -> Void) { self.completion = completion }
    }

    private let loop: CurlLoop
    private var calls: [UnsafeMutableRawPointer: Call] = [:]

    /// Nil when libcurl does not start.
    init?(_ reactor: Reactor) {
        guard let loop = CurlLoop(reactor) else { return nil }
        self.loop = loop
        loop.onFinished = { [unowned self] in finished($0, $1) }
    }

    /// GET, or POST with a `form`. `completion` is called once, from the loop.
    func call(
        _ url: String, form: String? = nil, timeoutMs: Int, _ completion: @escaping (Result<Answer, Failure>) -> Void
    ) {
        guard let easy = curl_easy_init() else { return completion(.failure(Failure(reason: "out of memory"))) }
        let call = Call(completion)
        _ = ccurl_set_text(easy, CURLOPT_URL, url)
        _ = ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        _ = ccurl_set_long(easy, CURLOPT_TIMEOUT_MS, timeoutMs)
        _ = ccurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, min(timeoutMs, 5000))
        _ = ccurl_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
        _ = ccurl_set_text(easy, CURLOPT_USERAGENT, "vortex7/\(Suite.version)")
        if let form {
            _ = ccurl_set_long(easy, CURLOPT_POST, 1)
            _ = ccurl_set_long(easy, CURLOPT_POSTFIELDSIZE, form.utf8.count)
            _ = ccurl_set_text(easy, CURLOPT_COPYPOSTFIELDS, form)
        }
        call.body.collect(easy)
        calls[easy] = call
        loop.add(easy)
    }

    private func finished(_ easy: UnsafeMutableRawPointer, _ result: CURLcode) {
        loop.remove(easy)
        defer { curl_easy_cleanup(easy) }
        guard let call = calls.removeValue(forKey: easy) else { return }
        guard result == CURLE_OK else {
            return call.completion(.failure(Failure(reason: String(cString: curl_easy_strerror(result)))))
        }
        var status = 0
        _ = ccurl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        call.completion(.success(Answer(status: status, body: call.body.bytes)))
    }
}
