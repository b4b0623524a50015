import CCurl
import ServiceKit

/// One request under way.
final class WebTransfer {
    let request: WebRequest
    let completion: (Result<WebAnswer, WebFailure>) -> Void
    let onSent: (() -> Void)?
    /// When it was given to libcurl, monotonic microseconds.
    var beganUs: Int64 = 0
    private let body: CurlBody
    /// Whether libcurl has been let begin to send.
    private var hasBegun = false
    private var sentHeaders: UnsafeMutablePointer<curl_slist>?
    private var headers: [(name: String, value: String)] = []

    init(
        _ request: WebRequest, onSent: (() -> Void)?,
        _ completion: @escaping (Result<WebAnswer, WebFailure>) -> Void
    ) {
        self.request = request
        self.onSent = onSent
        self.completion = completion
        body = CurlBody(bytesMax: request.answerMax)
    }

    deinit { if let sentHeaders { curl_slist_free_all(sentHeaders) } }

    func prepare(_ easy: UnsafeMutableRawPointer) {
        _ = ccurl_set_text(easy, CURLOPT_URL, request.url)
        _ = ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        _ = ccurl_set_long(easy, CURLOPT_TIMEOUT_MS, request.timeoutMs)
        _ = ccurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, request.connectTimeoutMs)
        _ = ccurl_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
        _ = ccurl_set_long(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        _ = ccurl_set_text(easy, CURLOPT_USERAGENT, "vortex7/\(Suite.version)")
        for header in request.headers {
            sentHeaders = curl_slist_append(sentHeaders, "\(header.name): \(header.value)")
        }
        if let sentHeaders { _ = ccurl_set_headers(easy, sentHeaders) }
        let me = Unmanaged.passUnretained(self).toOpaque()
        if request.method == .post { prepareUpload(easy) }
        prepareGate(easy, me)
        if request.method == .put || request.method == .delete {
            _ = ccurl_set_text(easy, CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        }
        body.collect(easy)
        _ = ccurl_set_pointer(easy, CURLOPT_HEADERDATA, me)
        _ = ccurl_set_writer(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, owner in
            guard let bytes, let owner else { return 0 }
            let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
            Unmanaged<WebTransfer>.fromOpaque(owner).takeUnretainedValue().headerArrived(line)
            return size * count
        }
    }

    /// The body stands in memory, so that it leaves in one write with the head.
    private func prepareUpload(_ easy: UnsafeMutableRawPointer) {
        _ = ccurl_set_long(easy, CURLOPT_POST, 1)
        _ = ccurl_set_long(easy, CURLOPT_POSTFIELDSIZE, request.body.utf8.count)
        _ = ccurl_set_text(easy, CURLOPT_COPYPOSTFIELDS, request.body)
    }

    /// libcurl asks before each time that it sends. When a kept connection turns out to be dead it would send again by itself; the
    /// second time is refused where that must not be.
    private func prepareGate(_ easy: UnsafeMutableRawPointer, _ me: UnsafeMutableRawPointer) {
        let gate:
            @convention(c) (
                UnsafeMutableRawPointer?, UnsafeMutablePointer<CChar>?, UnsafeMutablePointer<CChar>?, Int32, Int32
            ) -> Int32 = { owner, _, _, _, _ in
                guard let owner else { return CURL_PREREQFUNC_ABORT }
                return Unmanaged<WebTransfer>.fromOpaque(owner).takeUnretainedValue().mayBegin()
                    ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
            }
        _ = ccurl_set_gate(easy, gate, me)
    }

    private func mayBegin() -> Bool {
        defer { hasBegun = true }
        return !hasBegun || request.mayRepeat
    }

    /// Whether all of the body has gone to the system.
    func isUploaded(_ easy: UnsafeMutableRawPointer) -> Bool {
        var sent: curl_off_t = 0
        _ = ccurl_get_time(easy, CURLINFO_SIZE_UPLOAD_T, &sent)
        return sent > 0 && sent == request.body.utf8.count
    }

    private func headerArrived(_ line: UnsafeRawBufferPointer) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return }
        let value = line[(colon + 1)...].drop { $0 == 32 || $0 == 9 }.prefix { $0 > 32 || $0 == 32 || $0 == 9 }
        headers.append(
            (String(decoding: line[..<colon], as: UTF8.self).lowercased(), String(decoding: value, as: UTF8.self)))
    }

    func outcome(_ easy: UnsafeMutableRawPointer, _ result: CURLcode) -> Result<WebAnswer, WebFailure> {
        let tookUs = SystemClock.monotonicUs() - beganUs
        var status = 0
        _ = ccurl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        let answer = WebAnswer(status: status, body: body.bytes, headers: headers, tookUs: tookUs)
        guard result != CURLE_OK else { return .success(answer) }
        return .failure(
            WebFailure(
                reason: String(cString: curl_easy_strerror(result)), mayHaveArrived: hasBegun,
                begun: status == 0 ? nil : answer, tookUs: tookUs))
    }
}
