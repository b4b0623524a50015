import ServiceKit

// S3: reads plan, md.book and command, trades at the venue, writes execution, account, alert and reply.
let context = ServiceContext.start("executor", purpose: "S3: owns every order, from an approved plan to flat.")
let settings = context.configure(ExecutorSettings.init)
ExecutorShell(context, settings).run().exit()
