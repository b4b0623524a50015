import WebClient

/// Signs requests as the venue wants it, with an API key and its secret.
public final class Signer {
    public let apiKey: String
    private let key: SigningKey

    /// Nil for an empty key or secret, and for a PEM text that holds no Ed25519 key.
    public init?(apiKey: String, secret: String) {
        guard !apiKey.isEmpty, let key = SigningKey(secret) else { return nil }
        self.apiKey = apiKey
        self.key = key
    }

    /// The value of `signature`, percent-encoded: hexadecimal for HMAC, base64 for Ed25519.
    public func signature(of text: String) -> String {
        let signature = key.signature(of: text)
        return switch key.kind {
        case .hmac: hexText(signature)
        case .ed25519: percentEncoded(base64Text(signature))
        }
    }
}
