import WebClient

/// A message that a person has sent, as far as it counts.
struct ChatMessage {
    let user: Int64
    let userName: String
    let chat: Int64
    /// Seconds since 1970, by Telegram's clock.
    let date: Int64
    /// The first word without its slash, in small letters; and the others.
    let command: String
    let arguments: [String]

    /// Nil for an update that is none: edited, forwarded, sent by a channel or without text.
    init?(_ update: JSONValue) {
        guard let message = update["message"], message["forward_origin"] == nil, message["forward_date"] == nil,
            message["edit_date"] == nil, message["sender_chat"] == nil,
            let user = message["from"]?["id"]?.integer, message["from"]?["is_bot"]?.bool != true,
            let chat = message["chat"]?["id"]?.integer, let date = message["date"]?.integer,
            let text = message["text"]?.text
        else { return nil }
        self.user = user
        userName = message["from"]?["username"]?.text ?? message["from"]?["first_name"]?.text ?? "\(user)"
        self.chat = chat
        self.date = date
        let words = text.split { $0 == " " || $0 == "\n" }.map(String.init)
        // In a group a command names its bot: /status@vortex7_bot.
        let first = words.first?.split(separator: "@").first.map(String.init) ?? ""
        command = first.hasPrefix("/") ? first.dropFirst().lowercased() : ""
        arguments = Array(words.dropFirst())
    }
}

/// A group has become a supergroup, which has another number: Telegram tells it in the old group and in the new one.
struct ChatMove {
    let old: Int64
    let new: Int64

    /// Nil for an update that is about anything else.
    init?(_ update: JSONValue) {
        guard let message = update["message"], let chat = message["chat"]?["id"]?.integer else { return nil }
        if let new = message["migrate_to_chat_id"]?.integer {
            self.init(old: chat, new: new)
        } else if let old = message["migrate_from_chat_id"]?.integer {
            self.init(old: old, new: chat)
        } else {
            return nil
        }
    }

    init(old: Int64, new: Int64) {
        self.old = old
        self.new = new
    }
}
