import CLinux
import Glibc

/// One thread's event loop: descriptors, timers and signals in one `epoll`.
///
/// It can run alone with `run`, or inside another loop that waits on `descriptor` and calls `poll`.
public final class Reactor {
    /// What a descriptor is waited for.
    public struct Interest: OptionSet, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        public static let read = Interest(rawValue: EPOLLIN.rawValue)
        public static let write = Interest(rawValue: EPOLLOUT.rawValue)
    }

    /// Names a timer, so that it can be cancelled.
    public struct TimerToken: Hashable, Sendable {
        fileprivate let number: UInt64
    }

    private final class Watch {
        let handler: (Interest) -> Void
        init(_ handler: @escaping (Interest) -> Void) { self.handler = handler }
    }

    private struct Timer {
        var deadlineUs: Int64
        var number: UInt64
        var periodUs: Int64
        var handler: () -> Void
    }

    /// The `epoll` descriptor: readable when something is to be done, once `keepDeadlineDescriptor` has been called.
    public let descriptor: Int32
    private var watches: [Watch?] = []
    /// By deadline, latest first.
    private var timers: [Timer] = []
    private var lastTimer: UInt64 = 0
    private var isStopping = false
    private var deadlineDescriptor: Int32 = -1
    private var deadlineSetUs: Int64 = 0
    private var signalDescriptor: Int32 = -1
    private var events = [epoll_event](repeating: epoll_event(), count: 64)

    /// When the loop last came by, monotonic microseconds.
    public private(set) var lastTurnUs = SystemClock.monotonicUs()

    public init() {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        precondition(descriptor >= 0, "no descriptor for epoll")
    }

    deinit {
        for open in [descriptor, deadlineDescriptor, signalDescriptor] where open >= 0 { close(open) }
    }

    // MARK: Descriptors

    /// Calls `handler` whenever `descriptor` is ready (an error counts as both). One handler a descriptor.
    public func watch(_ descriptor: Int32, for interest: Interest, _ handler: @escaping (Interest) -> Void) {
        precondition(descriptor >= 0)
        while watches.count <= Int(descriptor) { watches.append(nil) }
        let isNew = watches[Int(descriptor)] == nil
        watches[Int(descriptor)] = Watch(handler)
        control(isNew ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, descriptor, interest)
    }

    public func update(_ descriptor: Int32, for interest: Interest) { control(EPOLL_CTL_MOD, descriptor, interest) }

    /// Must be called before the descriptor is closed.
    public func unwatch(_ descriptor: Int32) {
        guard watches.indices.contains(Int(descriptor)), watches[Int(descriptor)] != nil else { return }
        watches[Int(descriptor)] = nil
        control(EPOLL_CTL_DEL, descriptor, [])
    }

    private func control(_ operation: Int32, _ target: Int32, _ interest: Interest) {
        var event = epoll_event()
        event.events = interest.rawValue
        event.data.fd = target
        epoll_ctl(descriptor, operation, target, &event)
    }

    // MARK: Timers

    /// Calls `handler` once, after at least `ms` milliseconds.
    @discardableResult
    public func after(ms: Int64, _ handler: @escaping () -> Void) -> TimerToken {
        schedule(inUs: ms * 1000, everyUs: 0, handler)
    }

    /// Calls `handler` every `ms` milliseconds. Turns that were missed are left out.
    @discardableResult
    public func every(ms: Int64, _ handler: @escaping () -> Void) -> TimerToken {
        precondition(ms > 0)
        return schedule(inUs: ms * 1000, everyUs: ms * 1000, handler)
    }

    public func cancel(_ token: TimerToken) { timers.removeAll { $0.number == token.number } }

    private func schedule(inUs delay: Int64, everyUs period: Int64, _ handler: @escaping () -> Void) -> TimerToken {
        lastTimer += 1
        insert(
            Timer(
                deadlineUs: SystemClock.monotonicUs() + max(0, delay), number: lastTimer, periodUs: period,
                handler: handler))
        armDeadlineDescriptor()
        return TimerToken(number: lastTimer)
    }

    private func insert(_ timer: Timer) {
        let place = timers.firstIndex { $0.deadlineUs <= timer.deadlineUs } ?? timers.count
        timers.insert(timer, at: place)
    }

    private func fireTimers() {
        let now = SystemClock.monotonicUs()
        while let next = timers.last, next.deadlineUs <= now, !isStopping {
            timers.removeLast()
            if next.periodUs > 0 {
                var again = next
                again.deadlineUs = max(next.deadlineUs + next.periodUs, now + 1)
                insert(again)
            }
            next.handler()
        }
        armDeadlineDescriptor()
    }

    /// Makes `descriptor` readable at the next deadline too, for a foreign loop that waits on it.
    public func keepDeadlineDescriptor() {
        guard deadlineDescriptor < 0 else { return }
        deadlineDescriptor = timerfd_create(CLOCK_MONOTONIC, Int32(TFD_NONBLOCK | TFD_CLOEXEC))
        let timer = deadlineDescriptor
        watch(timer, for: .read) { _ in
            var count: UInt64 = 0
            _ = read(timer, &count, 8)
        }
        armDeadlineDescriptor()
    }

    private func armDeadlineDescriptor() {
        guard deadlineDescriptor >= 0 else { return }
        let deadline = timers.last?.deadlineUs ?? 0
        guard deadline != deadlineSetUs else { return }
        deadlineSetUs = deadline
        var setting = itimerspec()
        setting.it_value.tv_sec = Int(deadline / 1_000_000)
        setting.it_value.tv_nsec = Int(deadline % 1_000_000 * 1000)
        timerfd_settime(deadlineDescriptor, Int32(TFD_TIMER_ABSTIME), &setting, nil)
    }

    // MARK: Signals

    /// Gives these signals to `handler` instead of letting them act. Call it before other threads are begun.
    public func onSignals(_ signals: [Int32], _ handler: @escaping (Int32) -> Void) {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
        signalDescriptor = signalfd(-1, &set, Int32(SFD_NONBLOCK | SFD_CLOEXEC))
        let source = signalDescriptor
        watch(source, for: .read) { _ in
            var information = signalfd_siginfo()
            while read(source, &information, MemoryLayout<signalfd_siginfo>.size) > 0 {
                handler(Int32(information.ssi_signo))
            }
        }
    }

    // MARK: The loop

    /// Turns until `stop` is called.
    public func run() {
        while !isStopping { poll(timeoutMs: -1) }
    }

    public func stop() { isStopping = true }
    public var isStopped: Bool { isStopping }

    /// One turn: waits at most `timeoutMs` (−1: without end) or until the next deadline, then does what is to be done.
    public func poll(timeoutMs: Int) {
        var wait = timeoutMs
        if let next = timers.last {
            let left = max(0, Int((next.deadlineUs - SystemClock.monotonicUs() + 999) / 1000))
            wait = wait < 0 ? left : min(wait, left)
        }
        let count = epoll_wait(descriptor, &events, Int32(events.count), Int32(wait))
        lastTurnUs = SystemClock.monotonicUs()
        for index in 0..<max(0, Int(count)) {
            let event = events[index]
            let ready = event.events
            var interest: Interest = []
            if ready & (EPOLLIN.rawValue | EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { interest.insert(.read) }
            if ready & (EPOLLOUT.rawValue | EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { interest.insert(.write) }
            // An earlier handler of this turn may have closed the descriptor.
            watches[Int(event.data.fd)]?.handler(interest)
        }
        fireTimers()
    }
}
