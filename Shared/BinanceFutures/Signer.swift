import COpenSSL

/// Signs requests with the account's secret: an HMAC key, or an Ed25519 private key in PEM.
public final class Signer {
    private enum Method {
        case hmac([UInt8])
        case ed25519(OpaquePointer)
    }

    public let apiKey: String
    private let method: Method

    /// Nil for an empty secret, and for a PEM text that holds no Ed25519 key.
    public init?(apiKey: String, secret: String) {
        guard !apiKey.isEmpty, !secret.isEmpty else { return nil }
        self.apiKey = apiKey
        guard secret.hasPrefix("-----BEGIN") else {
            method = .hmac(Array(secret.utf8))
            return
        }
        let pem = Array(secret.utf8)
        guard let key = copenssl_private_key(pem, pem.count) else { return nil }
        guard copenssl_is_ed25519(key) == 1 else {
            EVP_PKEY_free(key)
            return nil
        }
        method = .ed25519(key)
    }

    deinit {
        if case .ed25519(let key) = method { EVP_PKEY_free(key) }
    }

    /// The value of `signature`, percent-encoded: hexadecimal for HMAC, base64 for Ed25519.
    public func signature(of text: String) -> String {
        let bytes = Array(text.utf8)
        switch method {
        case .hmac(let key):
            var digest = [UInt8](repeating: 0, count: 32)
            guard copenssl_hmac_sha256(key, key.count, bytes, bytes.count, &digest) == 1 else { return "" }
            let digits = Array("0123456789abcdef".utf8)
            return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
        case .ed25519(let key):
            var signature = [UInt8](repeating: 0, count: 64)
            guard copenssl_sign_ed25519(key, bytes, bytes.count, &signature) == 1 else { return "" }
            var base64 = [UInt8](repeating: 0, count: 89)
            let count = EVP_EncodeBlock(&base64, signature, 64)
            return percentEncoded(String(decoding: base64[..<Int(count)], as: UTF8.self))
        }
    }
}

/// RFC 3986: all but letters, digits and `-._~` as %XX.
public func percentEncoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            bytes.append(byte)
        default: bytes.append(contentsOf: [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]])
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
