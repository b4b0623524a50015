public import TradingPrimitives

/// How urgent an alert is: critical ones are sent even in quiet hours.
public enum Severity: String, FieldValue, BitwiseCopyable, CaseIterable {
    case info = "INFO"
    case warning = "WARNING"
    case critical = "CRITICAL"
}

/// Something that a person should know. On `alert`.
public struct Alert: StreamMessage {
    public static let version = 1

    public var eventTime: Timestamp
    public var severity: Severity
    /// Who says it.
    public var service: String
    /// A stable code: `position_naked`, `feed_lost`, …
    public var event: String
    /// The contract, where it is about one.
    public var symbol: Symbol?
    /// For people: what happened and what to do.
    public var text: String

    public init(
        eventTime: Timestamp, severity: Severity, service: String, event: String, symbol: Symbol? = nil, text: String
    ) {
        self.eventTime = eventTime
        self.severity = severity
        self.service = service
        self.event = event
        self.symbol = symbol
        self.text = text
    }

    public init(_ fields: Fields) throws(ContractError) {
        try Self.checkVersion(fields)
        eventTime = try fields.time("event_time")
        severity = try fields.required("severity")
        service = try fields.shortText("service")
        event = try fields.shortText("event")
        symbol = try fields.optional("symbol")
        text = try fields.text("text")
    }

    public func encode(into fields: inout Fields) {
        fields.put("v", Self.version)
        fields.put("event_time", eventTime)
        fields.put("severity", severity)
        fields.put("service", service)
        fields.put("event", event)
        fields.put("symbol", symbol)
        fields.put("text", text)
    }
}
