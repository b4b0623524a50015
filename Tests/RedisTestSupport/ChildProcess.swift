public import Glibc

/// A process started by a test or a benchmark; killed when it is let go.
public final class ChildProcess {
    public private(set) var id: pid_t = 0
    private var isRunning = false

    /// Nil when the program can't be started. `output` is the file that both its outputs go to.
    public init?(_ program: String, _ arguments: [String], environment: [String: String] = [:], output: String) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var texts: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = []
        var entry = environ
        while let text = entry.pointee {
            variables.append(strdup(text))
            entry += 1
        }
        variables += environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in texts + variables { free(text) } }
        // A child takes over what a test's thread blocks, which is nearly all: SIGTERM then waits until a service has taken its
        // signals in hand. One that is to crash must be able to.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var blocked = sigset_t()
        pthread_sigmask(SIG_BLOCK, nil, &blocked)
        sigdelset(&blocked, SIGABRT)
        posix_spawnattr_setsigmask(&attributes, &blocked)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        guard posix_spawnp(&id, program, &actions, &attributes, &texts, &variables) == 0 else { return nil }
        isRunning = true
    }

    deinit { kill() }

    public func signal(_ number: Int32) { if isRunning { _ = Glibc.kill(id, number) } }

    /// kill -9.
    public func kill() {
        signal(SIGKILL)
        _ = wait()
    }

    /// Whether it has not ended yet.
    public var isAlive: Bool {
        guard isRunning else { return false }
        var information = siginfo_t()
        // What ended stays to be waited for.
        guard waitid(P_PID, id_t(id), &information, WEXITED | WNOHANG | WNOWAIT) == 0 else { return false }
        return information.si_signo == 0
    }

    /// Waits for its end and gives its exit status, or nil when a signal ended it.
    public func wait() -> Int32? {
        guard isRunning else { return nil }
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        isRunning = false
        return status & 0x7f == 0 ? status >> 8 & 0xff : nil
    }
}
