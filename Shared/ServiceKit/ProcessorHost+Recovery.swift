import SignalContracts
import StreamBus

// Start and recovery are one path: settle what was under way, find the groups, rebuild the state if it may have
// parted from the streams, process what is pending, go live. It waits for Redis' answers, a few seconds at most.
extension ProcessorHost {
    func recover() {
        guard !isStopping else { return context.reactor.stop() }
        do throws(RedisError) {
            guard try leasesStand() else { return }
            try restore()
            try goLive()
            context.log.info("ready") { $0.put("streams", reader.streams.count) }
        } catch {
            context.log.warning("redis_unavailable") {
                $0.put("address", context.settings.redis)
                $0.put("error", error)
            }
            retry()
        }
    }

    private func restore() throws(RedisError) {
        // A dead node of a cluster may not even refuse: the loop must turn while its replica is being promoted.
        let client = try RedisClient(context.settings.redis, timeoutMs: isCluster ? 500 : 1500)
        let keeper = GroupKeeper(client, reader)
        try claimLanes(client)
        let server = try keeper.serverId()
        // Another server process may have lost its last writes: its streams are then the truth, not our memory.
        let isOtherServer = server != serverId
        if isOtherServer { processor = nil }
        if processor != nil { try settleBatch(client, keeper) }
        let made = try keeper.createGroups(from: start, resumeAt: lastCommitted)
        let recreated = made.filter { lastCommitted[$0] != nil }
        if !recreated.isEmpty { groupsWereLost(recreated) }
        if !made.isEmpty {
            onGroupsMade?(!recreated.isEmpty ? .lost : made.count == reader.streams.count ? .all : .some)
        }
        let positions = try keeper.positions()
        if isOtherServer { try keeper.recount(positions) }
        // It is known once that is done: one that is still loading refuses.
        serverId = server
        try tellGaps(positions, client, keeper)
        metrics.claims.add(Int64(try keeper.claim(deadAfterMs: Self.deadAfterMs)))
        let pending = try keeper.pending()
        // Entries that were overtaken by later ones can have their right place only in a state built anew.
        if pending.contains(where: { $0.id < lastCommitted[$0.stream] ?? .zero }) { processor = nil }
        let (due, held) = reader.parted(pending, positions)
        reader.reset()
        reader.hold(held)
        try replay(client, positions, due, held)
        try commitAndWait(client)
        for (stream, position) in positions.enumerated() {
            let firstHeld = held.first { $0.stream == stream }
            lastCommitted[stream] = firstHeld?.id.previous ?? position.lastDelivered
        }
    }

    /// Finds out whether the batch that was under way has been committed, and commits it if not.
    private func settleBatch(_ client: RedisClient, _ keeper: GroupKeeper) throws(RedisError) {
        do throws(RedisError) {
            for lane in unsettled where try keeper.isCommitted(hop.evidence(of: lane)) {
                unsettled.removeAll { $0 == lane }
            }
        } catch {
            guard case .refused(let text) = error, text.hasPrefix("NOGROUP") else { throw error }
            processor = nil
            return
        }
        try sendAndWait(client)
    }

    func commitAndWait(_ client: RedisClient) throws(RedisError) {
        guard !hop.isEmpty else { return }
        prepareCommit()
        hop.seal()
        unsettled = hop.lanesTouched
        isAheadDone = false
        try sendAndWait(client)
    }

    private func sendAndWait(_ client: RedisClient) throws(RedisError) {
        if !isAheadDone { try sendAheadAndWait(client) }
        for lane in unsettled {
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
            unsettled.removeAll { $0 == lane }
        }
        settle()
    }

    private func sendAheadAndWait(_ client: RedisClient) throws(RedisError) {
        for ahead in hop.aheadOfLanes {
            for case .error(let text) in try client.pipeline(ahead.commands) {
                metrics.refusedCommits.add()
                throw .refused(text)
            }
        }
        isAheadDone = true
    }

    private func groupsWereLost(_ streams: [Int]) {
        metrics.recreatedGroups.add(Int64(streams.count))
        for stream in streams {
            context.log.error("group_recreated") { $0.put("stream", reader.streams[stream]) }
        }
        processor = nil
    }

    private func tellGaps(
        _ positions: [GroupKeeper.Position], _ client: RedisClient, _ keeper: GroupKeeper
    ) throws(RedisError) {
        for (stream, position) in positions.enumerated() where position.lostCount > 0 {
            metrics.gaps.add(position.lostCount)
            context.log.error("stream_gap") {
                $0.put("alert", true)
                $0.put("stream", reader.streams[stream])
                $0.put("lost", position.lostCount)
            }
            try alert(
                .warning, "stream_gap", of: reader.streams[stream],
                "\(reader.streams[stream].key): \(position.lostCount) entries were trimmed away unread; the state was built "
                    + "anew from the rest", client)
            try keeper.writeOffLost(stream, at: position)
            processor = nil
        }
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

    private func replay(
        _ client: RedisClient, _ positions: [GroupKeeper.Position], _ pending: [GroupKeeper.Pending],
        _ held: [GroupKeeper.Pending]
    ) throws(RedisError) {
        let isNew = processor == nil
        if isNew {
            hop.removeAll()
            unsettled.removeAll()
            causes.removeAll()
            processor = make()
            metrics.warmUps.add()
        }
        let began = SystemClock.monotonicUs()
        var count = 0
        func isFresh(_ stream: StreamName) -> Bool { isNew || stream.symbol.map(fresh.contains) ?? false }
        var replay = StreamReplay(client, reader)
        var failure: RedisError?
        do throws(RedisError) {
            try findPutAside(client)
            try recall(client, positions, pending, isFresh)
            try replayReferences(client, isNew: isNew)
            try replay.run(
                windowMs: { isFresh($0) ? windowMs(of: $0.kind) : 0 }, positions: positions,
                pending: pending, heldBack: held
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
        } catch {
            processor = nil
            throw error
        }
        fresh.removeAll()
        context.log.info("replayed") {
            $0.put("entries", count)
            $0.put("pending", pending.count)
            $0.put("warm_up", isNew)
            $0.put("ms", (SystemClock.monotonicUs() - began) / 1000)
        }
    }

    /// What this service has said within the window that it remembers.
    private func recall(
        _ client: RedisClient, _ positions: [GroupKeeper.Position], _ pending: [GroupKeeper.Pending],
        _ isFresh: (StreamName) -> Bool
    ) throws(RedisError) {
        let newest = pending.map(\.id.milliseconds).min() ?? positions.map(\.lastDelivered.milliseconds).max() ?? 0
        for kind in Processor.Input.recalled {
            let window = UInt64(windowMs(of: kind))
            let start = StreamId(milliseconds: newest - min(newest, window), sequence: 0)
            for stream in owned.map({ StreamName(kind, $0) }) where isFresh(stream) {
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
