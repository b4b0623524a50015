import BinanceFutures
import CCurl
import ServiceKit

/// Telegram's Bot API. The token stands in each address, so no address is ever told.
final class BotAPI {
    enum Answer {
        case ok(JSONValue)
        case refused(Refusal)
        /// No answer, or not one of Telegram's: it may have been done or not.
        case unreachable(String)
    }

    /// Telegram's no.
    struct Refusal {
        let code: Int
        let text: String
        /// Comes with 429.
        let retryAfterSeconds: Int64?
        /// The number of the supergroup that the group has become.
        let movedTo: Int64?
    }

    private final class Call {
        var body: [UInt8] = []
        let completion: (Answer) -> Void
        init(_ completion: @escaping (Answer) -> Void) { self.completion = completion }
    }

    private static let bodyMax = 4 << 20
    private let loop: CurlLoop
    private let root: String
    private var calls: [UnsafeMutableRawPointer: Call] = [:]

    /// Nil when libcurl does not start.
    init?(_ reactor: Reactor, baseURL: String, token: String) {
        guard let loop = CurlLoop(reactor) else { return nil }
        self.loop = loop
        root = "\(baseURL)/bot\(token)/"
        loop.onFinished = { [unowned self] in finished($0, $1) }
    }

    /// `completion` is called once, from the loop.
    func call(
        _ method: String, _ parameters: [(name: String, value: String)], timeoutMs: Int,
        _ completion: @escaping (Answer) -> Void
    ) {
        guard let easy = curl_easy_init() else { return completion(.unreachable("out of memory")) }
        let call = Call(completion)
        let text = parameters.map { "\($0.name)=\(percentEncoded($0.value))" }.joined(separator: "&")
        _ = ccurl_set_text(easy, CURLOPT_URL, root + method)
        _ = ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        _ = ccurl_set_long(easy, CURLOPT_TIMEOUT_MS, timeoutMs)
        _ = ccurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, min(timeoutMs, 5000))
        _ = ccurl_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
        _ = ccurl_set_text(easy, CURLOPT_USERAGENT, "vortex7/\(Suite.version)")
        _ = ccurl_set_long(easy, CURLOPT_POST, 1)
        _ = ccurl_set_long(easy, CURLOPT_POSTFIELDSIZE, text.utf8.count)
        _ = ccurl_set_text(easy, CURLOPT_COPYPOSTFIELDS, text)
        _ = ccurl_set_pointer(easy, CURLOPT_WRITEDATA, Unmanaged.passUnretained(call).toOpaque())
        _ = ccurl_set_writer(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, owner in
            guard let bytes, let owner else { return 0 }
            let call = Unmanaged<Call>.fromOpaque(owner).takeUnretainedValue()
            guard call.body.count + size * count <= BotAPI.bodyMax else { return 0 }
            call.body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: size * count))
            return size * count
        }
        calls[easy] = call
        loop.add(easy)
    }

    private func finished(_ easy: UnsafeMutableRawPointer, _ result: CURLcode) {
        loop.remove(easy)
        defer { curl_easy_cleanup(easy) }
        guard let call = calls.removeValue(forKey: easy) else { return }
        guard result == CURLE_OK else {
            return call.completion(.unreachable(String(cString: curl_easy_strerror(result))))
        }
        var status = 0
        _ = ccurl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        guard let json = try? JSONValue(call.body), let isOk = json["ok"]?.bool else {
            return call.completion(.unreachable("HTTP \(status) without Telegram's answer"))
        }
        if isOk, let result = json["result"] { return call.completion(.ok(result)) }
        let code = json["error_code"]?.integer.map(Int.init) ?? status
        let text = json["description"]?.text ?? "no reason given"
        // What Telegram's own servers have failed at may be tried again.
        if code >= 500 { return call.completion(.unreachable("\(code) \(text)")) }
        let parameters = json["parameters"]
        call.completion(
            .refused(
                Refusal(
                    code: code, text: text, retryAfterSeconds: parameters?["retry_after"]?.integer,
                    movedTo: parameters?["migrate_to_chat_id"]?.integer)))
    }
}
