import CCurl
import ServiceKit

/// One request under way.
final class Transfer {
    let request: RestRequest
    let completion: (RestOutcome) -> Void
    let onSent: (() -> Void)?
    let beganUs = SystemClock.monotonicUs()
    private let text: String
    private var body: [UInt8] = []
    private var upload: [UInt8] = []
    private var uploaded = 0
    /// Whether libcurl has taken all of the body, which it sends at once.
    var isUploaded: Bool { uploaded > 0 && uploaded == upload.count }
    private var headers: UnsafeMutablePointer<curl_slist>?
    private(set) var status = 0
    private(set) var usedWeight: Int?
    private(set) var retryAfterSeconds: Int?

    /// Longest answer that is kept: exchangeInfo is about 1 MB.
    private static let bodyMax = 32 << 20

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
        if isUpload { prepareUpload(easy, me) }
        if request.method == .put || request.method == .delete {
            _ = ccurl_set_text(easy, CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        }
        if headers != nil { _ = ccurl_set_headers(easy, headers) }
        _ = ccurl_set_pointer(easy, CURLOPT_WRITEDATA, me)
        _ = ccurl_set_writer(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, owner in
            guard let bytes, let owner else { return 0 }
            let transfer = Unmanaged<Transfer>.fromOpaque(owner).takeUnretainedValue()
            guard transfer.body.count + size * count <= Transfer.bodyMax else { return 0 }
            transfer.body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: size * count))
            return size * count
        }
        _ = ccurl_set_pointer(easy, CURLOPT_HEADERDATA, me)
        _ = ccurl_set_writer(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, owner in
            guard let bytes, let owner else { return 0 }
            let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
            Unmanaged<Transfer>.fromOpaque(owner).takeUnretainedValue().headerArrived(line)
            return size * count
        }
    }

    /// The body is handed out by a function and can't be rewound, so that libcurl can't send it a second time by itself
    /// when a kept connection turns out to be dead: an order must not be sent twice unknown to us.
    private func prepareUpload(_ easy: UnsafeMutableRawPointer, _ me: UnsafeMutableRawPointer) {
        upload = Array(text.utf8)
        _ = ccurl_set_long(easy, CURLOPT_POST, 1)
        _ = ccurl_set_long(easy, CURLOPT_POSTFIELDSIZE, upload.count)
        if upload.isEmpty {
            _ = ccurl_set_text(easy, CURLOPT_POSTFIELDS, "")
            return
        }
        _ = ccurl_set_pointer(easy, CURLOPT_READDATA, me)
        _ = ccurl_set_writer(easy, CURLOPT_READFUNCTION) { bytes, size, count, owner in
            guard let bytes, let owner else { return 0 }
            return Unmanaged<Transfer>.fromOpaque(owner).takeUnretainedValue().give(bytes, size * count)
        }
    }

    private func give(_ bytes: UnsafeMutablePointer<CChar>, _ room: Int) -> Int {
        let part = upload[uploaded...].prefix(room)
        UnsafeMutableRawBufferPointer(start: bytes, count: room).copyBytes(from: part)
        uploaded += part.count
        return part.count
    }

    private func headerArrived(_ line: UnsafeRawBufferPointer) {
        let text = String(decoding: line, as: UTF8.self).lowercased()
        guard let colon = text.firstIndex(of: ":") else { return }
        let value = text[text.index(after: colon)...].filter { $0.isNumber }
        switch text[..<colon] {
        case "x-mbx-used-weight-1m": usedWeight = Int(value)
        case "retry-after": retryAfterSeconds = Int(value)
        default: break
        }
    }

    func outcome(_ easy: UnsafeMutableRawPointer, _ result: CURLcode) -> RestOutcome {
        var code = 0
        _ = ccurl_get_long(easy, CURLINFO_RESPONSE_CODE, &code)
        status = code
        guard result != CURLE_OK else { return OutcomeClassifier.outcome(status: status, body: body) }
        let reason = String(cString: curl_easy_strerror(result))
        var sent = 0
        _ = ccurl_get_long(easy, CURLINFO_REQUEST_SIZE, &sent)
        // Nothing of the request has left while no connection stood.
        return sent == 0 && uploaded == 0 ? .notExecuted(reason) : .unknown(reason)
    }

    func release() {
        if headers != nil { curl_slist_free_all(headers) }
        headers = nil
    }
}
