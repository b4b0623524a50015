import Hosting
import SignalContracts
import StreamBus

// The way back, of which the machine says what is next. It waits for Redis' answers, a few seconds at most.
extension ProcessorHost {
    func comeBack(_ action: HostMachine.Action) {
        do throws(RedisError) {
            try answer(action)
        } catch {
            context.log.warning("redis_unavailable") {
                $0.put("address", context.settings.redis)
                $0.put("error", error)
            }
            recoveryClient = nil
            machine.lost()
        }
    }

    private func answer(_ action: HostMachine.Action) throws(RedisError) {
        let client = try connectionForRecovery()
        let keeper = GroupKeeper(client, reader)
        switch action {
        case .checkLeases:
            let hasSymbols = try leasesStand(client)
            machine.checkedLeases(hasSymbols: hasSymbols, lostLanes: hasSymbols ? try claimLanes(client) : [])
        case .identify: machine.identified(try keeper.serverId())
        case .find(let lanes): try find(lanes, keeper)
        case .makeGroups(let resumeAt): try makeGroups(keeper, resumeAt)
        case .locate: machine.located(try keeper.positions())
        case .recount(let positions):
            try keeper.recount(positions) { keepLeases() }
            machine.recounted()
        case .tellGaps(let streams, let positions):
            for stream in streams { try tellGap(stream, positions[stream], client, keeper) }
            machine.toldGaps()
        case .claim:
            metrics.claims.add(Int64(try keeper.claim(deadAfterMs: Self.deadAfterMs)))
            machine.claimed()
        case .readPending: machine.sawPending(try keeper.pending())
        case .replay(let past):
            try replay(past, client)
            machine.replayed()
        case .connect:
            recoveryClient = nil
            try goLive()
            context.log.info("ready") { $0.put("streams", streams.count) }
        case .sendAhead, .send: try deliver(action, client)
        case .seal, .delay, .settle, .processTimer, .resumeReading, .read, .renewLeases, .fence, .claimForeign,
            .handOver, .retry, .stop:
            preconditionFailure("\(action) is no step of the way back")
        }
    }

    private func connectionForRecovery() throws(RedisError) -> RedisClient {
        if let recoveryClient { return recoveryClient }
        // A dead node of a cluster may not even refuse: the loop must turn while its replica is being promoted.
        let client = try RedisClient(context.settings.redis, timeoutMs: isCluster ? 500 : 1500)
        recoveryClient = client
        return client
    }

    private func find(_ lanes: [Int], _ keeper: GroupKeeper) throws(RedisError) {
        do throws(RedisError) {
            var committed: [Int] = []
            for lane in lanes where try keeper.isCommitted(hop.evidence(of: lane)) { committed.append(lane) }
            machine.found(committed)
        } catch {
            guard case .refused(let text) = error, text.hasPrefix("NOGROUP") else { throw error }
            machine.foundNoGroup()
        }
    }

    private func makeGroups(_ keeper: GroupKeeper, _ resumeAt: [StreamId?]) throws(RedisError) {
        let made = try keeper.createGroups(from: start, resumeAt: resumeAt)
        let recreated = made.filter { resumeAt[$0] != nil }
        metrics.recreatedGroups.add(Int64(recreated.count))
        for stream in recreated { context.log.error("group_recreated") { $0.put("stream", streams[stream]) } }
        if !made.isEmpty {
            onGroupsMade?(!recreated.isEmpty ? .lost : made.count == streams.count ? .all : .some)
        }
        machine.madeGroups(made)
    }

    /// Commits what is in the hop, while the way back waits.
    func commitAndWait(_ client: RedisClient) throws(RedisError) {
        noteBatch()
        while let action = machine.nextDelivery(SystemClock.monotonicUs()) { try deliver(action, client) }
    }

    private func deliver(_ action: HostMachine.Action, _ client: RedisClient) throws(RedisError) {
        switch action {
        case .seal: seal()
        case .settle: settle()
        case .sendAhead:
            for ahead in hop.aheadOfLanes {
                for case .error(let text) in try client.pipeline(ahead.commands) {
                    metrics.refusedCommits.add()
                    throw .refused(text)
                }
                machine.aheadAnswered(isRefused: false)
            }
        case .send(let lanes): for lane in lanes { try send(lane, client) }
        default:
            fenced()
            throw .refused("the leases may have run out")
        }
    }

    private func send(_ lane: Int, _ client: RedisClient) throws(RedisError) {
        guard try mayCommit(lane: lane, client) else { throw .refused("fenced: another worker has taken over") }
        let commands = hop.commands(of: lane)
        try client.send(commands)
        for remaining in stride(from: commands.commandCount, to: 0, by: -1) {
            let reply = try client.receive()
            guard remaining == 1 else { continue }
            if reply.isNil(RedisReply.root) { throw .refused("fenced: another worker has taken over") }
            if let error = reply.error {
                metrics.refusedCommits.add()
                throw .refused(error)
            }
            logFailures(in: reply)
        }
        machine.laneAnswered(lane, isCommitted: true)
    }

    private func tellGap(
        _ stream: Int, _ position: GroupPosition, _ client: RedisClient, _ keeper: GroupKeeper
    ) throws(RedisError) {
        metrics.gaps.add(position.lostCount)
        context.log.error("stream_gap") {
            $0.put("alert", true)
            $0.put("stream", streams[stream])
            $0.put("lost", position.lostCount)
        }
        try alert(
            .warning, "stream_gap", of: streams[stream],
            "\(streams[stream].key): \(position.lostCount) entries were trimmed away unread; the state was built anew from "
                + "the rest", client)
        try keeper.writeOffLost(stream, at: position)
    }

    func alert(
        _ severity: Severity, _ event: String, of stream: StreamName, _ text: String, _ client: RedisClient
    ) throws(RedisError) {
        let alert = Alert(
            eventTime: context.venueClock.now(), severity: severity, service: context.name, event: event,
            symbol: stream.symbol, text: text)
        context.alerts.add(alert)
        var fields = Fields()
        alert.encode(into: &fields)
        var commands = CommandBuffer()
        commands.xadd(key(of: StreamName(.alert)), fields)
        if case .error(let text)? = try client.pipeline(commands).first { throw .refused(text) }
    }

    private func replay(_ past: HostReplay, _ client: RedisClient) throws(RedisError) {
        reader.reset()
        reader.hold(past.held)
        if past.isNew {
            hop.removeAll()
            causes.removeAll()
            processor = make()
            metrics.warmUps.add()
        }
        let began = SystemClock.monotonicUs()
        var count = 0
        var replay = StreamReplay(client, reader)
        var failure: RedisError?
        try takeBackTrial(client)
        try findPutAside(client)
        try recall(past, client)
        try replayReferences(client, isNew: past.isNew)
        try replay.run(
            windowMs: { past.isPastNeeded(of: $0) ? windowMs(of: $0.kind) : 0 }, positions: past.positions,
            pending: past.due, heldBack: past.held
        ) { entry in
            count += 1
            keepLeases()
            if entry.isPending {
                guard failure == nil else { return }
                do throws(RedisError) { try tryPending(entry, client) } catch { failure = error }
            } else if let fields = entry.fields, !isPutAside(entry) {
                remember(stream: entry.stream, id: entry.id, fields: fields)
            }
        }
        if let failure { throw failure }
        context.log.info("replayed") {
            $0.put("entries", count)
            $0.put("pending", past.due.count)
            $0.put("warm_up", past.isNew)
            $0.put("ms", (SystemClock.monotonicUs() - began) / 1000)
        }
    }

    /// What this service has said within the window that it remembers.
    private func recall(_ past: HostReplay, _ client: RedisClient) throws(RedisError) {
        let newest =
            past.due.map(\.id.milliseconds).min() ?? past.positions.map(\.lastDelivered.milliseconds).max() ?? 0
        for kind in Processor.Input.recalled {
            let window = UInt64(windowMs(of: kind))
            let start = StreamId(milliseconds: newest - min(newest, window), sequence: 0)
            for stream in owned.map({ StreamName(kind, $0) }) where past.isPastNeeded(of: stream) {
                try StreamRange(client).forEach(in: stream, from: start) {
                    keepLeases()
                    remember(stream, $0, $1)
                }
            }
        }
    }

    /// How far back a new state reads. An engine's window is the market's time; played faster, that passes sooner by our clock,
    /// which ids are of. A second more, since what comes late is then late by more of the market's time. What the others read
    /// is also said at times of our clock.
    private func windowMs(of kind: StreamKind) -> Int64 {
        let rate = context.settings.venue.clockRate, window = Processor.Input.warmUpMs(of: kind)
        return sharing == .symbols && rate > 1 && window > 0 ? Int64(Double(window) / rate) + 1000 : window
    }

    /// The whole window for a new state; for one that is still right, what came since it was last read.
    private func replayReferences(_ client: RedisClient, isNew: Bool) throws(RedisError) {
        var past: [(id: StreamId, input: Processor.Input)] = []
        try references?.replay(client, isNew: isNew) { stream, id, fields in
            keepLeases()
            if let input = try? Processor.Input(stream: stream, id: id, fields: fields) { past.append((id, input)) }
        }
        past.sort { $0.id < $1.id }
        for (_, input) in past {
            keepLeases()
            processor?.process(input) { _ in }
        }
    }

    func processPending(_ entry: StreamReplay.Entry) {
        if let fields = entry.fields {
            process(stream: entry.stream, id: entry.id, fields: fields)
        } else {
            metrics.gaps.add()
            hop.acknowledge(stream: entry.stream, id: entry.id)
        }
    }
}
