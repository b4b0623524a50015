import SignalContracts
import Testing
import TradingPrimitives

@testable import Hosting

/// Conversations with a host machine, a step a line.
struct HostMachineTests {
    private let trades = StreamName(.trade, Symbol("BTCUSDT"))
    private let books = StreamName(.book, Symbol("BTCUSDT"))

    private func machine(leaseFreshUs: Int64? = nil, isCluster: Bool = false) -> HostMachine {
        HostMachine(StreamLayout([trades, books], isCluster: isCluster), leaseFreshUs: leaseFreshUs)
    }

    private func id(_ milliseconds: UInt64) -> StreamId { StreamId(milliseconds: milliseconds, sequence: 0) }

    private func positions(_ milliseconds: UInt64, lost: Int64 = 0) -> [GroupPosition] {
        [
            GroupPosition(lastDelivered: id(milliseconds), lostCount: lost),
            GroupPosition(lastDelivered: id(milliseconds)),
        ]
    }

    private func pending(_ stream: Int, _ milliseconds: UInt64) -> PendingEntry {
        PendingEntry(stream: stream, id: id(milliseconds), fields: Fields())
    }

    /// Comes up, with nothing behind it, to where it reads.
    private func bringUp(_ machine: inout HostMachine, server: String = "a", at milliseconds: UInt64 = 100) {
        machine.begin()
        while let action = machine.next(nowUs: 0) {
            switch action {
            case .retry: machine.begin()
            case .checkLeases: machine.checkedLeases(hasSymbols: true)
            case .identify: machine.identified(server)
            case .makeGroups: machine.madeGroups([])
            case .locate: machine.located(positions(milliseconds))
            case .recount: machine.recounted()
            case .claim: machine.claimed()
            case .readPending: machine.sawPending([])
            case .replay: machine.replayed()
            case .connect: machine.connected()
            case .read:
                machine.sentRead(part: 0)
                return
            default: Issue.record("\(action) is not on a new host's way")
            }
        }
    }

    /// One entry is read, and what it came to is sealed.
    private func seal(
        _ machine: inout HostMachine, lanes: [Int] = [0], aheadCount: Int = 0, isOnlyAcknowledgements: Bool = false
    ) {
        machine.arrived(part: 0)
        machine.processed()
        #expect(machine.next(nowUs: 0) == .seal)
        machine.sealed(lanes: lanes, aheadCount: aheadCount, isOnlyAcknowledgements: isOnlyAcknowledgements)
    }

    /// One entry is read, and what it came to is on its way.
    private func sendBatch(_ machine: inout HostMachine) {
        seal(&machine)
        #expect(machine.next(nowUs: 0) == .send(lanes: [0]))
    }

    // MARK: The way up

    @Test func `a new host asks for everything once, then reads`() {
        var machine = machine()
        #expect(machine.next(nowUs: 0) == nil)
        machine.begin()
        #expect(machine.next(nowUs: 0) == .identify)
        #expect(machine.next(nowUs: 0) == nil)
        machine.identified("a")
        #expect(machine.next(nowUs: 0) == .makeGroups(resumeAt: [nil, nil]))
        machine.madeGroups([0, 1])
        #expect(machine.next(nowUs: 0) == .locate)
        machine.located(positions(0))
        #expect(machine.next(nowUs: 0) == .recount(positions(0)))
        machine.recounted()
        #expect(machine.next(nowUs: 0) == .claim)
        machine.claimed()
        #expect(machine.next(nowUs: 0) == .readPending)
        machine.sawPending([pending(0, 5)])
        let past = HostReplay(isNew: true, unknown: [], positions: positions(0), due: [pending(0, 5)], held: [])
        #expect(machine.next(nowUs: 0) == .replay(past))
        machine.processed()
        #expect(machine.nextDelivery(0) == .seal)
        machine.sealed(lanes: [0], aheadCount: 0, isOnlyAcknowledgements: false)
        #expect(machine.nextDelivery(0) == .send(lanes: [0]))
        machine.laneAnswered(0, isCommitted: true)
        #expect(machine.nextDelivery(0) == .settle)
        machine.replayed()
        #expect(machine.next(nowUs: 0) == .connect)
        machine.connected()
        #expect(machine.isLive)
        #expect(machine.next(nowUs: 0) == .read)
        machine.sentRead(part: 0)
        #expect(machine.next(nowUs: 0) == nil)
    }

    @Test func `a failure anywhere on the way makes it begin again`() {
        for count in 1...8 {
            var machine = machine()
            machine.begin()
            for _ in 0..<count - 1 { machine.step() }
            #expect(machine.next(nowUs: 0) != nil)
            machine.lost()
            #expect(machine.next(nowUs: 0) == .retry)
            #expect(machine.next(nowUs: 0) == nil)
            machine.begin()
            #expect(machine.next(nowUs: 0) == .identify)
        }
    }

    @Test func `another server is known only when its counts have been put right`() {
        var machine = machine()
        bringUp(&machine)
        for _ in 0..<2 {
            machine.lost()
            #expect(machine.next(nowUs: 0) == .retry)
            machine.begin()
            #expect(machine.next(nowUs: 0) == .identify)
            machine.identified("b")
            #expect(machine.next(nowUs: 0) == .makeGroups(resumeAt: [id(100), id(100)]))
            machine.madeGroups([])
            #expect(machine.next(nowUs: 0) == .locate)
            machine.located(positions(200))
            #expect(machine.next(nowUs: 0) == .recount(positions(200)))
        }
        machine.recounted()
        #expect(machine.next(nowUs: 0) == .claim)
    }

    @Test func `another server's streams are the truth, not what was remembered or under way`() {
        var machine = machine()
        bringUp(&machine)
        sendBatch(&machine)
        machine.lost()
        bringUp(&machine, server: "b")
        #expect(machine.memory == .kept(unknown: []))
        #expect(machine.batch == .open(isEmpty: true))
    }

    @Test func `a group that is gone, a gap and an overtaken entry each make the state anew`() {
        func replay(
            made: [Int] = [], lost: Int64 = 0, pending: [PendingEntry] = []
        ) -> HostMachine.Action? {
            var machine = machine()
            bringUp(&machine)
            machine.lost()
            _ = machine.next(nowUs: 0)
            machine.begin()
            while let action = machine.next(nowUs: 0) {
                switch action {
                case .identify: machine.identified("a")
                case .makeGroups: machine.madeGroups(made)
                case .locate: machine.located(positions(100, lost: lost))
                case .tellGaps(let streams, _):
                    #expect(streams == [0])
                    machine.toldGaps()
                case .claim: machine.claimed()
                case .readPending: machine.sawPending(pending)
                default: return action
                }
            }
            return nil
        }
        func past(isNew: Bool, lost: Int64 = 0, due: [PendingEntry] = []) -> HostMachine.Action {
            .replay(
                HostReplay(isNew: isNew, unknown: [], positions: positions(100, lost: lost), due: due, held: []))
        }
        #expect(replay() == past(isNew: false))
        #expect(replay(made: [1]) == past(isNew: true))
        #expect(replay(lost: 3) == past(isNew: true, lost: 3))
        #expect(replay(pending: [pending(0, 101)]) == past(isNew: false, due: [pending(0, 101)]))
        #expect(replay(pending: [pending(0, 99)]) == past(isNew: true, due: [pending(0, 99)]))
    }

    @Test func `what is held back counts as uncommitted`() {
        var machine = machine()
        machine.begin()
        var at = positions(100)
        at[1].lag = 3
        while let action = machine.next(nowUs: 0), action != .connect {
            switch action {
            case .identify: machine.identified("a")
            case .makeGroups: machine.madeGroups([])
            case .locate: machine.located(at)
            case .recount: machine.recounted()
            case .claim: machine.claimed()
            case .readPending: machine.sawPending([pending(0, 110), pending(0, 90)])
            case .replay(let past):
                #expect(past.due == [pending(0, 90)] && past.held == [pending(0, 110)])
                machine.replayed()
            default: Issue.record("\(action)")
            }
        }
        #expect(machine.lastCommitted == [id(110).previous, id(100)])
    }

    // MARK: Batches

    @Test func `a batch is sent, settled, and the next one is read`() {
        var machine = machine()
        bringUp(&machine)
        sendBatch(&machine)
        #expect(machine.next(nowUs: 0) == nil)
        machine.laneAnswered(0, isCommitted: true)
        #expect(machine.next(nowUs: 0) == .settle)
        machine.committed(stream: 0, id(101))
        machine.committed(stream: 0, id(99))
        #expect(machine.lastCommitted == [id(101), id(100)])
        #expect(machine.next(nowUs: 0) == .resumeReading)
        #expect(machine.next(nowUs: 0) == .read)
    }

    @Test func `what arrived while a batch was on its way is the next one`() {
        var machine = machine()
        bringUp(&machine)
        seal(&machine, isOnlyAcknowledgements: true)
        #expect(machine.next(nowUs: 0) == .send(lanes: [0]))
        // Nobody waits for what it says.
        #expect(machine.next(nowUs: 0) == .read)
        machine.sentRead(part: 0)
        #expect(machine.next(nowUs: 0) == nil)
        machine.laneAnswered(0, isCommitted: true)
        #expect(machine.next(nowUs: 0) == .settle)
        #expect(machine.next(nowUs: 0) == .resumeReading)
        machine.arrived(part: 0)
        machine.processed()
        #expect(machine.next(nowUs: 0) == .seal)
    }

    @Test func `a refused batch is sent again after a while, and only what was refused`() {
        var machine = machine(isCluster: true)
        bringUp(&machine)
        seal(&machine, lanes: [0, 1])
        #expect(machine.next(nowUs: 0) == .send(lanes: [0, 1]))
        machine.laneAnswered(0, isCommitted: false)
        machine.laneAnswered(1, isCommitted: true)
        #expect(machine.next(nowUs: 0) == .delay)
        #expect(machine.next(nowUs: 0) == nil)
        machine.sendAgain()
        #expect(machine.next(nowUs: 0) == .send(lanes: [0]))
    }

    @Test func `the lanes wait for what goes ahead of them, and go alone when that is confirmed`() {
        var machine = machine()
        bringUp(&machine)
        seal(&machine, aheadCount: 2)
        #expect(machine.next(nowUs: 0) == .sendAhead)
        machine.aheadAnswered(isRefused: true)
        #expect(machine.next(nowUs: 0) == nil)
        machine.aheadAnswered(isRefused: false)
        #expect(machine.next(nowUs: 0) == .delay)
        machine.sendAgain()
        #expect(machine.next(nowUs: 0) == .sendAhead)
        machine.aheadAnswered(isRefused: false)
        machine.aheadAnswered(isRefused: false)
        #expect(machine.next(nowUs: 0) == .send(lanes: [0]))
        machine.lost()
        _ = machine.next(nowUs: 0)
        machine.begin()
        _ = machine.next(nowUs: 0)
        machine.identified("a")
        #expect(machine.next(nowUs: 0) == .find(lanes: [0]))
        machine.found([])
        #expect(machine.next(nowUs: 0) == .send(lanes: [0]))
    }

    @Test func `whether a batch without an answer was committed is asked before anything else`() {
        func way(found: [Int]) -> [HostMachine.Action] {
            var machine = machine()
            bringUp(&machine)
            sendBatch(&machine)
            machine.lost()
            machine.laneAnswered(0, isCommitted: true)
            _ = machine.next(nowUs: 0)
            machine.begin()
            var actions: [HostMachine.Action] = []
            while let action = machine.next(nowUs: 0) {
                actions.append(action)
                switch action {
                case .identify: machine.identified("a")
                case .find: machine.found(found)
                case .send: machine.laneAnswered(0, isCommitted: true)
                case .settle: machine.committed(stream: 0, id(101))
                default: return actions
                }
            }
            return actions
        }
        let groups = HostMachine.Action.makeGroups(resumeAt: [id(101), id(100)])
        #expect(way(found: [0]) == [.identify, .find(lanes: [0]), .settle, groups])
        #expect(way(found: []) == [.identify, .find(lanes: [0]), .send(lanes: [0]), .settle, groups])
    }

    @Test func `what was processed and not sealed is forgotten with the connection`() {
        var machine = machine()
        bringUp(&machine)
        machine.arrived(part: 0)
        machine.processed()
        machine.lost()
        #expect(machine.memory == .none)
        #expect(machine.batch == .open(isEmpty: true))
    }

    @Test func `a timer that comes while a batch is on its way has the next one`() {
        var machine = machine()
        bringUp(&machine)
        sendBatch(&machine)
        machine.timerIsDue()
        #expect(machine.next(nowUs: 0) == nil)
        machine.laneAnswered(0, isCommitted: true)
        #expect(machine.next(nowUs: 0) == .settle)
        #expect(machine.next(nowUs: 0) == .processTimer)
        #expect(machine.next(nowUs: 0) == .resumeReading)
    }

    // MARK: Leases

    @Test func `with leases it reads once the fence is seen, and commits until it is seen again`() {
        var machine = machine(leaseFreshUs: 1000)
        machine.renewedLeases(atUs: 0)
        bringUp(&machine)
        #expect(machine.isLive)
        #expect(machine.next(nowUs: 0) == nil)
        machine.sawFence(part: 0, endsCommit: false)
        #expect(machine.next(nowUs: 0) == .read)
        machine.sentRead(part: 0)
        sendBatch(&machine)
        machine.laneAnswered(0, isCommitted: true)
        #expect(machine.next(nowUs: 0) == nil)
        machine.sawFence(part: 0, endsCommit: true)
        #expect(machine.next(nowUs: 0) == .settle)
    }

    @Test func `who has slept through its leases reads nothing`() {
        var machine = machine(leaseFreshUs: 1000)
        machine.renewedLeases(atUs: 0)
        bringUp(&machine)
        machine.sawFence(part: 0, endsCommit: false)
        #expect(machine.next(nowUs: 1000) == .renewLeases)
        machine.renewedLeases(atUs: 900)
        machine.endedRenewal(nowUs: 1010)
        #expect(machine.next(nowUs: 1010) == .read)
        #expect(machine.next(nowUs: 2000) == .renewLeases)
        machine.endedRenewal(nowUs: 2000)
        #expect(machine.next(nowUs: 2000) == .retry)
    }

    @Test func `who has slept through its leases sends nothing ahead`() {
        var machine = machine(leaseFreshUs: 1000)
        machine.renewedLeases(atUs: 0)
        bringUp(&machine)
        machine.processed()
        #expect(machine.next(nowUs: 0) == .seal)
        machine.sealed(lanes: [0], aheadCount: 1, isOnlyAcknowledgements: false)
        machine.handOverIsDue()
        #expect(machine.next(nowUs: 1000) == .fence)
        machine.fenced()
        #expect(machine.memory == .none)
        #expect(machine.next(nowUs: 1000) == nil)
    }

    @Test func `symbols change between two batches, and what stays is remembered`() throws {
        var machine = machine()
        bringUp(&machine)
        sendBatch(&machine)
        machine.handOverIsDue()
        #expect(machine.next(nowUs: 0) == nil)
        machine.laneAnswered(0, isCommitted: true)
        #expect(machine.next(nowUs: 0) == .settle)
        #expect(machine.next(nowUs: 0) == .handOver)
        let other = StreamName(.trade, Symbol("ETHUSDT"))
        machine.own(StreamLayout([trades, books, other]), isMemoryKept: true)
        #expect(machine.memory == .kept(unknown: [try #require(Symbol("ETHUSDT"))]))
        #expect(machine.lastCommitted == [id(100), id(100), nil])
        machine.own(StreamLayout([other]), isMemoryKept: false)
        #expect(machine.memory == .none)
    }

    @Test func `symbols that change while nobody knows what became of a batch take the memory with them`() {
        var machine = machine()
        bringUp(&machine)
        sendBatch(&machine)
        machine.lost()
        #expect(machine.next(nowUs: 0) == .retry)
        machine.handOverIsDue()
        #expect(machine.next(nowUs: 0) == .handOver)
        machine.own(StreamLayout([trades]), isMemoryKept: true)
        #expect(machine.memory == .none)
        #expect(machine.batch == .open(isEmpty: true))
    }

    @Test func `a lane that another worker had meanwhile is learned anew`() {
        var machine = machine(leaseFreshUs: 1000)
        bringUp(&machine)
        machine.lost()
        _ = machine.next(nowUs: 0)
        machine.begin()
        #expect(machine.next(nowUs: 0) == .checkLeases)
        machine.checkedLeases(hasSymbols: true, lostLanes: ["BTCUSDT"])
        #expect(machine.memory == .none)
    }

    @Test func `without symbols it stays down`() {
        var machine = machine(leaseFreshUs: 1000)
        machine.begin()
        #expect(machine.next(nowUs: 0) == .checkLeases)
        machine.checkedLeases(hasSymbols: false)
        #expect(machine.next(nowUs: 0) == nil)
    }

    // MARK: The end

    @Test func `it stops once the batch in hand is settled, and at once when there is none or Redis refuses it`() {
        var machine = machine()
        bringUp(&machine)
        sendBatch(&machine)
        var refused = machine, idle = machine
        machine.stop()
        #expect(machine.next(nowUs: 0) == nil)
        machine.laneAnswered(0, isCommitted: true)
        #expect(machine.next(nowUs: 0) == .settle)
        #expect(machine.next(nowUs: 0) == .stop)
        #expect(machine.next(nowUs: 0) == nil)

        refused.laneAnswered(0, isCommitted: false)
        #expect(refused.next(nowUs: 0) == .delay)
        refused.stop()
        #expect(refused.next(nowUs: 0) == .stop)

        idle.lost()
        #expect(idle.next(nowUs: 0) == .retry)
        idle.stop()
        #expect(idle.next(nowUs: 0) == .stop)
    }
}

extension HostMachine {
    /// One step of a new host's way up.
    fileprivate mutating func step() {
        switch next(nowUs: 0) {
        case .identify: identified("a")
        case .makeGroups: madeGroups([])
        case .locate: located(layout.streams.map { _ in GroupPosition(lastDelivered: .zero) })
        case .recount: recounted()
        case .claim: claimed()
        case .readPending: sawPending([])
        case .replay: replayed()
        case .connect: connected()
        default: break
        }
    }
}
