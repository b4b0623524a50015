import COpenSSL
import WebServer

/// Proof that a request comes from the owner of a key.
public enum Signature {
    /// HMAC-SHA256 in lower-case hexadecimal digits.
    public static func hmac(_ text: [UInt8], secret: String) -> String {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var size: UInt32 = 0
        let key = Array(secret.utf8)
        _ = HMAC(EVP_sha256(), key, Int32(key.count), text, text.count, &digest, &size)
        return Encoding.hexadecimal(digest.prefix(Int(size)))
    }

    /// Whether a signature over `text` belongs to `secret`: an HMAC secret, or a public key in PEM form (Ed25519, RSA).
    public static func isValid(_ signature: String, of text: [UInt8], secret: String) -> Bool {
        if secret.hasPrefix("-----BEGIN PUBLIC KEY-----") { return isSigned(text, signature, publicKey: secret) }
        let expected = Array(hmac(text, secret: secret).utf8)
        let given = Array(signature.utf8)
        return expected.count == given.count && CRYPTO_memcmp(expected, given, expected.count) == 0
    }

    /// Whether a key's secret is an Ed25519 public key in PEM form: its algorithm is told by the first bytes.
    public static func isEd25519(_ secret: String) -> Bool {
        secret.split(whereSeparator: \.isNewline).dropFirst().first?.hasPrefix("MCowBQYDK2VwAyEA") == true
    }

    private static func isSigned(_ text: [UInt8], _ base64: String, publicKey: String) -> Bool {
        let pem = Array(publicKey.utf8)
        guard let bio = BIO_new_mem_buf(pem, Int32(pem.count)) else { return false }
        defer { BIO_free(bio) }
        guard let key = PEM_read_bio_PUBKEY(bio, nil, nil, nil), let context = EVP_MD_CTX_new() else { return false }
        defer {
            EVP_PKEY_free(key)
            EVP_MD_CTX_free(context)
        }
        guard let signature = Encoding.bytes(base64: base64) else { return false }
        // Ed25519 hashes by itself.
        let digest = EVP_PKEY_get_id(key) == EVP_PKEY_RSA ? EVP_sha256() : nil
        guard EVP_DigestVerifyInit(context, nil, digest, nil, key) == 1 else { return false }
        return EVP_DigestVerify(context, signature, signature.count, text, text.count) == 1
    }

    /// What was signed: query and body as they came, without the signature itself.
    static func payload(query: [UInt8], body: [UInt8]) -> [UInt8] {
        withoutSignature(query) + withoutSignature(body)
    }

    private static func withoutSignature(_ text: [UInt8]) -> [UInt8] {
        let name = Array("signature=".utf8)
        let pairs = text.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
        if !pairs.contains(where: { $0.starts(with: name) }) { return text }
        return Array(pairs.filter { !$0.starts(with: name) }.joined(separator: [UInt8(ascii: "&")]))
    }
}
