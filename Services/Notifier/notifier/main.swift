import Notices
import ServiceKit
import StreamBus
import WebClient

// Reads plan, execution, alert and reply; writes notice, and what the people of its list ask for on command.
let context = ServiceContext.start(
    "notifier", purpose: "Tells people by Telegram what happens, and takes their commands.")
let settings = context.configure { section throws(ConfigurationError) in try NotifierSettings(section) }
guard context.settings.redis.cluster == nil else {
    complain("notifier: redis.url: a cluster can't write an update's number and its effect as one; use a single Redis")
    ExitCode.configuration.exit()
}
guard let web = HTTPClient(context.reactor) else {
    complain("notifier: libcurl does not start")
    ExitCode.failure.exit()
}
let bot = BotAPI(web, baseURL: settings.baseURL, token: settings.token)
let host = ProcessorHost(context, sharing: .none) { Notifier(settings.rules) }
let chats = Chats(context, settings.rules.chats)
let sender = NoticeSender(context, bot, chats)
let chat = ChatReader(context, bot, settings, chats)
host.flaw = { sender.complaint }
sender.start()
chat.start()
let heartbeat = settings.heartbeatURL.map { Heartbeat(context, web, url: $0) }
heartbeat?.start(everyMs: settings.heartbeatMs)
host.run().exit()
