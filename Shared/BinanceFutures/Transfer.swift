import CCurl
import ServiceKit

/// One request under way.
final class Transfer {
    let request: RestRequest
    let completion: (RestOutcome) -> Void
    let onSent: (() -> Void)?
    /// When it was given to libcurl, monotonic microseconds.
    var beganUs: Int64 = 0
    private let text: String
    /// exchangeInfo is about 1 MB.
    private let body = CurlBody(bytesMax: 32 << 20)
    /// Whether libcurl has been let begin to send.
    private var hasBegun = false
    private var headers: UnsafeMutablePointer<curl_slist>?
    private(set) var status = 0
    private(set) var usedWeight: Int?
    private(set) var ordersIn10s: Int?
    private(set) var ordersIn1m: Int?
    private(set) var retryAfterSeconds: Int?

    init(
        _ request: RestRequest, text: String, onSent: (() -> Void)?, _ completion: @escaping (RestOutcome) -> Void
    ) {
        self.request = request
        self.text = text
        self.onSent = onSent
        self.completion = completion
    }

    func prepare(_ easy: UnsafeMutableRawPointer, baseURL: String, apiKey: String?) {
        let isUpload = request.method == .post
        let query = isUpload || text.isEmpty ? "" : "?\(text)"
        _ = ccurl_set_text(easy, CURLOPT_URL, "\(baseURL)\(request.path)\(query)")
        _ = ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        _ = ccurl_set_long(easy, CURLOPT_TIMEOUT_MS, request.timeoutMs)
        _ = ccurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, min(request.timeoutMs, 3000))
        _ = ccurl_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
        _ = ccurl_set_long(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        _ = ccurl_set_text(easy, CURLOPT_USERAGENT, "vortex7/\(Suite.version)")
        if let apiKey { headers = curl_slist_append(headers, "X-MBX-APIKEY: \(apiKey)") }
        let me = Unmanaged.passUnretained(self).toOpaque()
        if isUpload { prepareUpload(easy) }
        prepareGate(easy, me)
        if request.method == .put || request.method == .delete {
            _ = ccurl_set_text(easy, CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        }
        if headers != nil { _ = ccurl_set_headers(easy, headers) }
        body.collect(easy)
        _ = ccurl_set_pointer(easy, CURLOPT_HEADERDATA, me)
        _ = ccurl_set_writer(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, owner in
            guard let bytes, let owner else { return 0 }
            let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
            Unmanaged<Transfer>.fromOpaque(owner).takeUnretainedValue().headerArrived(line)
            return size * count
        }
    }

    /// The body stands in memory, so that it leaves in one write with the head.
    private func prepareUpload(_ easy: UnsafeMutableRawPointer) {
        _ = ccurl_set_long(easy, CURLOPT_POST, 1)
        _ = ccurl_set_long(easy, CURLOPT_POSTFIELDSIZE, text.utf8.count)
        _ = ccurl_set_text(easy, CURLOPT_COPYPOSTFIELDS, text)
    }

    /// libcurl asks before each time that it sends. When a kept connection turns out to be dead it would send again by
    /// itself: an order must not be sent twice unknown to us, so the second time is refused.
    private func prepareGate(_ easy: UnsafeMutableRawPointer, _ me: UnsafeMutableRawPointer) {
        let gate:
            @convention(c) (
                UnsafeMutableRawPointer?, UnsafeMutablePointer<CChar>?, UnsafeMutablePointer<CChar>?, Int32, Int32
            ) -> Int32 = { owner, _, _, _, _ in
                guard let owner else { return CURL_PREREQFUNC_ABORT }
                return Unmanaged<Transfer>.fromOpaque(owner).takeUnretainedValue().mayBegin()
                    ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
            }
        _ = ccurl_set_gate(easy, gate, me)
    }

    private func mayBegin() -> Bool {
        defer { hasBegun = true }
        return !hasBegun || request.method == .get
    }

    /// Whether all of the body has gone to the system.
    func isUploaded(_ easy: UnsafeMutableRawPointer) -> Bool {
        var sent: curl_off_t = 0
        _ = ccurl_get_time(easy, CURLINFO_SIZE_UPLOAD_T, &sent)
        return sent > 0 && sent == text.utf8.count
    }

    private func headerArrived(_ line: UnsafeRawBufferPointer) {
        let text = String(decoding: line, as: UTF8.self).lowercased()
        guard let colon = text.firstIndex(of: ":") else { return }
        let value = text[text.index(after: colon)...].filter { $0.isNumber }
        switch text[..<colon] {
        case "x-mbx-used-weight-1m": usedWeight = Int(value)
        case "x-mbx-order-count-10s": ordersIn10s = Int(value)
        case "x-mbx-order-count-1m": ordersIn1m = Int(value)
        case "retry-after": retryAfterSeconds = Int(value)
        default: break
        }
    }

    func outcome(_ easy: UnsafeMutableRawPointer, _ result: CURLcode) -> RestOutcome {
        var code = 0
        _ = ccurl_get_long(easy, CURLINFO_RESPONSE_CODE, &code)
        status = code
        guard result != CURLE_OK else { return OutcomeClassifier.outcome(status: status, body: body.bytes) }
        let reason = String(cString: curl_easy_strerror(result))
        // Nothing of the request has left while no connection stood.
        return hasBegun ? .unknown(reason) : .notExecuted(reason)
    }

    func release() {
        if headers != nil { curl_slist_free_all(headers) }
        headers = nil
    }
}
