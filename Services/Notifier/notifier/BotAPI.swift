import ServiceKit
import WebClient

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

    private let web: HTTPClient
    private let root: String

    init(_ web: HTTPClient, baseURL: String, token: String) {
        self.web = web
        root = "\(baseURL)/bot\(token)/"
    }

    /// `completion` is called once, from the loop.
    func call(
        _ method: String, _ parameters: [(name: String, value: String)], timeoutMs: Int,
        _ completion: @escaping (Answer) -> Void
    ) {
        let text = parameters.map { "\($0.name)=\(percentEncoded($0.value))" }.joined(separator: "&")
        // What has not been answered is sent anew in any case.
        web.send(WebRequest(.post, root + method, body: text, timeoutMs: timeoutMs, mayRepeat: true)) { result in
            switch result {
            case .success(let answer): completion(Self.read(answer))
            case .failure(let error): completion(.unreachable(error.reason))
            }
        }
    }

    private static func read(_ answer: WebAnswer) -> Answer {
        guard let json = try? JSONValue(answer.body), let isOk = json["ok"]?.bool else {
            return .unreachable("HTTP \(answer.status) without Telegram's answer")
        }
        if isOk, let result = json["result"] { return .ok(result) }
        let code = json["error_code"]?.integer.map(Int.init) ?? answer.status
        let text = json["description"]?.text ?? "no reason given"
        // What Telegram's own servers have failed at may be tried again.
        if code >= 500 { return .unreachable("\(code) \(text)") }
        let parameters = json["parameters"]
        return .refused(
            Refusal(
                code: code, text: text, retryAfterSeconds: parameters?["retry_after"]?.integer,
                movedTo: parameters?["migrate_to_chat_id"]?.integer))
    }
}
