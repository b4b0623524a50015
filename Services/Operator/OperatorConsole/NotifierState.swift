import StreamBus

/// What the notifier shows of itself: a key that ends by itself, whose text says who is not told; empty when all are.
public enum NotifierState {
    public static let key = "telegram:state"
    public static let lifeMs: Int64 = 15_000

    static func service(timeToLive: RedisValue, text: RedisValue, pending: Int64) -> SuiteView.Service {
        let leftMs = timeToLive.integer ?? -2
        let complaint = text.text ?? ""
        return SuiteView.Service(
            name: "notifier", idleMs: leftMs < 0 ? nil : max(0, lifeMs - leftMs), pending: pending,
            silenceMaxMs: lifeMs, isOptional: true, complaint: complaint.isEmpty ? nil : complaint)
    }
}
