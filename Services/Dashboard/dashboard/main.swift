import DashboardServer
import ServiceKit

// Reads everything that people may see; writes command.
let context = ServiceContext.start(
    "dashboard", purpose: "Shows the suite in a browser, and takes an operator's commands.")
let settings = context.configure { section throws(ConfigurationError) in try DashboardSettings(section) }
DashboardShell(context, settings).run().exit()
