public import TradingPrimitives

/// Words for a person, to be delivered once and in order. On `notice`.
public struct Notice: StreamMessage {
    public static let version = 1

    public var eventTime: Timestamp
    /// Id of the chat that it goes to.
    public var chat: Int64
    /// What it is about: `entry_fill`, `breaker`, `answer`, …
    public var topic: String
    /// Without a sound.
    public var isSilent: Bool
    /// Shown as it stands, in columns.
    public var isTable: Bool
    /// What is sent, whole.
    public var text: String

    public init(
        eventTime: Timestamp, chat: Int64, topic: String, isSilent: Bool, isTable: Bool = false, text: String
    ) {
        self.eventTime = eventTime
        self.chat = chat
        self.topic = topic
        self.isSilent = isSilent
        self.isTable = isTable
        self.text = text
    }

    public init(_ fields: Fields) throws(ContractError) {
        try Self.checkVersion(fields)
        eventTime = try fields.time("event_time")
        chat = try fields.required("chat")
        topic = try fields.required("topic")
        isSilent = try fields.required("silent")
        isTable = try fields.required("table")
        text = try fields.text("text")
    }

    public func encode(into fields: inout Fields) {
        fields.put("v", Self.version)
        fields.put("event_time", eventTime)
        fields.put("chat", chat)
        fields.put("topic", topic)
        fields.put("silent", isSilent)
        fields.put("table", isTable)
        fields.put("text", text)
    }
}
