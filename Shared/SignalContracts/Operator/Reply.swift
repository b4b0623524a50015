public import TradingPrimitives

/// Answer to a command. On `reply`.
public struct Reply: StreamMessage {
    public static let version = 1

    /// Its id.
    public var command: String
    public var eventTime: Timestamp
    /// Who acted.
    public var service: String
    /// Whether it was done.
    public var isDone: Bool
    /// What was done, or why not.
    public var text: String

    public init(command: String, eventTime: Timestamp, service: String, isDone: Bool, text: String) {
        self.command = command
        self.eventTime = eventTime
        self.service = service
        self.isDone = isDone
        self.text = text
    }

    public init(_ fields: Fields) throws(ContractError) {
        try Self.checkVersion(fields)
        command = try fields.shortText("command")
        eventTime = try fields.time("event_time")
        service = try fields.shortText("service")
        isDone = try fields.required("ok")
        text = try fields.text("text")
    }

    public func encode(into fields: inout Fields) {
        fields.put("v", Self.version)
        fields.put("command", command)
        fields.put("event_time", eventTime)
        fields.put("service", service)
        fields.put("ok", isDone)
        fields.put("text", text)
    }
}
