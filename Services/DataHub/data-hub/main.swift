import ServiceKit

let context = ServiceContext.start(
    "data-hub",
    purpose: "brings the venue's market data onto the streams (md.trade, md.book, md.candle, md.forming, md.metric)")
let settings = context.configure { section throws(ConfigurationError) in try HubSettings(section) }
guard let shell = HubShell(context, settings) else {
    complain("data-hub: libcurl or libwebsockets does not start")
    ExitCode.failure.exit()
}
shell.run().exit()
