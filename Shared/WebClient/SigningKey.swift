import COpenSSL

/// An account's secret, which signs texts: an HMAC key, or an Ed25519 private key in PEM.
public final class SigningKey {
    public enum Kind: Sendable {
        /// HMAC-SHA256; signatures have 32 bytes.
        case hmac
        /// Signatures have 64 bytes.
        case ed25519
    }

    private enum Key {
        case hmac([UInt8])
        case ed25519(OpaquePointer)
    }

    private let key: Key

    /// Nil for an empty secret, and for a PEM text that holds no Ed25519 key.
    public init?(_ secret: String) {
        let bytes = Array(secret.utf8)
        guard secret.hasPrefix("-----BEGIN") else {
            guard !bytes.isEmpty else { return nil }
            key = .hmac(bytes)
            return
        }
        guard let made = copenssl_private_key(bytes, bytes.count) else { return nil }
        guard copenssl_is_ed25519(made) == 1 else {
            EVP_PKEY_free(made)
            return nil
        }
        key = .ed25519(made)
    }

    deinit {
        if case .ed25519(let key) = key { EVP_PKEY_free(key) }
    }

    public var kind: Kind {
        switch key {
        case .hmac: .hmac
        case .ed25519: .ed25519
        }
    }

    /// Empty when the library fails.
    public func signature(of text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        switch key {
        case .hmac(let key):
            var digest = [UInt8](repeating: 0, count: 32)
            return copenssl_hmac_sha256(key, key.count, bytes, bytes.count, &digest) == 1 ? digest : []
        case .ed25519(let key):
            var signature = [UInt8](repeating: 0, count: 64)
            return copenssl_sign_ed25519(key, bytes, bytes.count, &signature) == 1 ? signature : []
        }
    }
}
