/// A key of the configuration that was asked for, as `--settings` tells it.
public struct SettingRead: Equatable, Sendable {
    /// `risk-manager.risk_per_trade`.
    public let path: String
    /// What may stand there: `0.001…0.02`, `true, false`, `text`.
    public let form: String
    /// What counts when nothing is written; nil for nothing.
    public let fallback: String?
    /// What counts now; a secret is three stars.
    public let value: String?

    public init(path: String, form: String, fallback: String?, value: String?) {
        self.path = path
        self.form = form
        self.fallback = fallback
        self.value = value
    }

    /// An object of JSON.
    public var line: String {
        var bytes = Array("{".utf8)
        for (name, text) in [("path", path), ("form", form), ("default", fallback), ("value", value)] {
            guard let text else { continue }
            if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
            appendJSON(name, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            appendJSON(text, to: &bytes)
        }
        return String(decoding: bytes, as: UTF8.self) + "}"
    }
}

/// All keys that a program has asked for, in the order of its questions, each once.
final class SettingsRead {
    private(set) var settings: [SettingRead] = []

    func note(_ setting: SettingRead) {
        if !settings.contains(where: { $0.path == setting.path }) { settings.append(setting) }
    }
}
