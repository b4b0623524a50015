import ServiceKit
import SignalContracts

// S3: reads plan, md.book and command, trades at the venue, writes execution, account, alert and reply.
let context = ServiceContext.start("executor", purpose: "S3: owns every order, from an approved plan to flat.")
let settings = context.configure { section throws(ConfigurationError) in
    try ExecutorSettings(section, clockRate: context.settings.venue.clockRate)
}
// Real money needs switches and checks of the key that this version does not have.
if context.settings.mode == .live {
    complain("executor: mode 'live' is not offered by this version: use paper or demo")
    ExitCode.unsafeState.exit()
}
ExecutorShell(context, settings).run().exit()
