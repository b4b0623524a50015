/// Something that runs as a process: it can be killed, paused and started.
protocol Node: AnyObject {
    var name: String { get }
    var isUp: Bool { get }
    /// Between SIGSTOP and SIGCONT.
    var isPaused: Bool { get set }
    func kill()
    func start()
    /// There may be something to do.
    func wake()
}
