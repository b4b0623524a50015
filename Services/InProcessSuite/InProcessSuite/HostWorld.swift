/// What may go wrong around a host.
public protocol HostWorld: AnyObject {
    /// From one service to the next, microseconds.
    func hopUs() -> Int64
    /// Whether a connection to the bus breaks at this moment, so that an answer is lost.
    func isCut() -> Bool
    /// Whether the node's time has come; then it is gone, and starts again a little later.
    func dies(_ node: any SuiteNode) -> Bool
    /// What a host on this bus never does was asked for.
    func complain(_ text: String)
}

/// Something that runs as a process: it can be killed, paused and started.
public protocol SuiteNode: AnyObject {
    var name: String { get }
    var isUp: Bool { get }
    /// Between SIGSTOP and SIGCONT.
    var isPaused: Bool { get set }
    func kill()
    func start()
    /// There may be something to do.
    func wake()
}

/// Deliberate mistakes of a host, that whoever looks on must find.
public enum HostMistake: Sendable {
    case acknowledgesBeforeProcessing
    /// Takes a batch whose answer was lost for one that was not committed.
    case commitsTwice
    /// Goes on with what it had in hand, however long it slept.
    case keepsLeasesAfterSleep
}
