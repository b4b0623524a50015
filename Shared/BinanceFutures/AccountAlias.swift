public import WebClient

/// The venue's own code of an account (`accountAlias`): the same for all keys of it, and no secret.
public enum AccountAlias {
    public static let request = RestRequest(.get, "/fapi/v3/balance", security: .signed, weight: 5)
    private static let lengthMax = 64

    /// Nil where the answer holds none, or one that is no plain word.
    public static func name(in balances: JSONValue) -> String? {
        guard case .array(let rows) = balances else { return nil }
        return rows.lazy.compactMap { $0["accountAlias"]?.text }.first { name in
            1...lengthMax ~= name.utf8.count
                && name.utf8.allSatisfy {
                    48...57 ~= $0 || 65...90 ~= $0 || 97...122 ~= $0 || $0 == UInt8(ascii: "-")
                        || $0 == UInt8(ascii: "_")
                }
        }
    }
}
