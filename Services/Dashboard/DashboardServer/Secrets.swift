import COpenSSL
import WebServer

/// What passwords and sessions are made of.
enum Secrets {
    /// Lower-case hexadecimal digits of as many random bytes.
    static func random(byteCount: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        return Encoding.hexadecimal((0..<byteCount).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }

    static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        var count: UInt32 = 32
        guard EVP_Digest(bytes, bytes.count, &digest, &count, EVP_sha256(), nil) == 1 else {
            preconditionFailure("OpenSSL has no SHA-256")
        }
        return digest
    }

    /// Takes the same time wherever the texts differ.
    static func areEqual(_ left: String, _ right: String) -> Bool {
        CRYPTO_memcmp(sha256(Array(left.utf8)), sha256(Array(right.utf8)), 32) == 0
    }

    /// scrypt (RFC 7914), N = 2^15, r = 8, p = 1: 32 MB and some 60 ms for each guess. OpenSSL has no Argon2 before 3.2.
    static func scrypt(_ password: String, salt: String) -> String {
        let secret = Array(password.utf8).map { CChar(bitPattern: $0) }
        let salt = Array(salt.utf8)
        var key = [UInt8](repeating: 0, count: 32)
        let isDone = EVP_PBE_scrypt(
            secret, secret.count, salt, salt.count, 1 << 15, 8, 1, 64 << 20, &key, key.count)
        guard isDone == 1 else { preconditionFailure("OpenSSL has no memory for scrypt") }
        return Encoding.hexadecimal(key)
    }
}
