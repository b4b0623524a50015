/// What can go wrong between a client and Redis.
public enum RedisError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The connection could not be made, or broke: what was sent last may or may not have been carried out.
    case disconnected(String)
    /// No answer in time; the connection is closed.
    case timedOut(afterMs: Int)
    /// Redis answered with an error.
    case refused(String)
    /// Redis wants another password, or one at all.
    case loginRefused(String)
    /// An answer of another shape than the command has.
    case unexpectedReply(String)

    public var description: String {
        switch self {
        case .disconnected(let reason): "Redis connection lost: \(reason)"
        case .timedOut(let ms): "Redis did not answer within \(ms) ms"
        case .refused(let text): "Redis refused: \(text)"
        case .loginRefused(let text): "Redis login: \(text)"
        case .unexpectedReply(let text): "unexpected answer of Redis: \(text)"
        }
    }
}
