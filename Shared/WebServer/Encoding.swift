import COpenSSL

/// How bytes travel as text in requests.
public enum Encoding {
    /// Lower-case hexadecimal digits.
    public static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The bytes that a base64 text stands for; nil for another text.
    public static func bytes(base64: some StringProtocol) -> [UInt8]? {
        let text = Array(base64.utf8)
        guard !text.isEmpty, text.count % 4 == 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: text.count / 4 * 3)
        guard EVP_DecodeBlock(&bytes, text, Int32(text.count)) >= 0 else { return nil }
        return Array(bytes.dropLast(text.suffix(2).count { $0 == UInt8(ascii: "=") }))
    }
}
