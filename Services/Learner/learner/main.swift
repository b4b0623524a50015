import ServiceKit

// Reads trades from PostgreSQL, writes weights and alert.
let context = ServiceContext.start(
    "learner", purpose: "Moves the engines' weights and a few parameters after every hundred trades.")
let settings = context.configure { section throws(ConfigurationError) in try LearnerSettings(section) }
LearnerShell(context, settings).run().exit()
