import SignalContracts
import StreamBus
import TradingPrimitives

// While connected: read a batch, process it, commit it, read the next one as soon as the commit stands.
//
// The next read could always be sent along with the commit. It was tried: Redis then serves the read before it passes the
// outputs on, which costs each hop about a tenth of its latency, and brings no more throughput. A batch that has no
// outputs holds nobody up: the next read goes along with its acknowledgement.
extension ProcessorHost {
    /// How long a read waits for entries.
    var blockMs: Int { leases == nil ? 1000 : 250 }
    /// A consumer that has been silent for so long is taken for dead.
    static var deadAfterMs: Int { 2000 }
    /// A server that has been silent for so long is taken for lost.
    static var silenceMaxMs: Int { 10_000 }

    func goLive() throws(RedisError) {
        reader.reset()
        expectations.removeAll()
        nextExpectation = 0
        positionReply = nil
        lastAnswerUs = SystemClock.monotonicUs()
        readLink = try RedisLink(
            context.reactor, context.settings.redis, onReply: { [unowned self] in batchArrived($0) },
            onEnd: { [unowned self] in connectionLost($0) })
        commitLink = try RedisLink(
            context.reactor, context.settings.redis, onReply: { [unowned self] in answerArrived($0) },
            onEnd: { [unowned self] in connectionLost($0) })
        try references?.begin(
            { [unowned self] in if phase == .live { remember($0, $1, $2) } },
            onEnd: { [unowned self] in connectionLost($0) })
        phase = .live
        commit = .idle
        isReading = false
        backOff.reset()
        // With leases, the first batch waits until the fence is watched.
        if leases == nil { askForBatch() } else { watchFence() }
    }

    func askForBatch() {
        guard phase == .live, !isReading, mayRead() else { return }
        isReading = true
        var commands = CommandBuffer()
        reader.appendRead(to: &commands, blockMs: blockMs)
        readLink?.send(commands)
    }

    private func batchArrived(_ reply: RedisReply) {
        lastAnswerUs = SystemClock.monotonicUs()
        isReading = false
        do throws(RedisError) {
            try reader.load(reply)
        } catch {
            return readRefused(error)
        }
        reader.forEachReady(reply, &inputFields) { process(stream: $0, id: $1, fields: $2) }
        turn()
        if case .idle = commit { askForBatch() }
    }

    /// Commits what is in the hop; if nothing is, does what else is due.
    func turn() {
        guard phase == .live, case .idle = commit else { return }
        if isTimerDue { processTimer() }
        if hop.isEmpty {
            if isStopping { context.reactor.stop() }
            return
        }
        if let beforeCommit, var current = processor.take() {
            beforeCommit(&current)
            processor = current
        }
        let mayReadOn = hop.isOnlyAcknowledgements && leases == nil
        hop.seal()
        unsettled = hop.lanesTouched
        sendUnsettled()
        // A batch that arrives before the answer waits in the connection.
        readLink?.setPaused(true)
        if mayReadOn { askForBatch() }
    }

    private func sendUnsettled() {
        commit = .underWay
        var all = CommandBuffer()
        for lane in unsettled {
            let commands = hop.commands(of: lane)
            expectations.append(.lane(lane, replyCount: commands.commandCount))
            all.append(commands)
        }
        appendFence(to: &all)
        commitLink?.send(all)
        context.latencyTrace?.note(causes)
    }

    private func answerArrived(_ reply: RedisReply) {
        lastAnswerUs = SystemClock.monotonicUs()
        guard nextExpectation < expectations.count else {
            return connectionLost(.unexpectedReply("an answer without a question"))
        }
        switch expectations[nextExpectation] {
        case .lane(let lane, let replyCount):
            if replyCount > 1 {
                if let error = reply.error { logRefusal(error) }
                expectations[nextExpectation] = .lane(lane, replyCount: replyCount - 1)
                return
            }
            expectationMet()
            laneAnswered(lane, reply)
        case .position(let stream):
            guard let first = positionReply else {
                positionReply = reply.value
                return
            }
            positionReply = nil
            expectationMet()
            positionArrived(stream, GroupKeeper.position(reader, first, reply.value))
        case .foreign:
            expectationMet()
            // With leases the workers have one consumer name: what is pending and not in hand was read by another.
            let consumer = leases == nil ? reader.consumer : nil
            if reply.value.elements.contains(where: { $0.elements.count == 4 && $0.elements[1].text != consumer }) {
                mayHaveForeign = true
            }
        case .trim, .watch:
            expectationMet()
        case .fence:
            expectationMet()
            fenceAnswered(reply)
        }
    }

    private func expectationMet() {
        nextExpectation += 1
        guard nextExpectation == expectations.count else { return }
        expectations.removeAll(keepingCapacity: true)
        nextExpectation = 0
    }

    private func laneAnswered(_ lane: Int, _ reply: RedisReply) {
        if reply.isNil(RedisReply.root) { return fenced() }
        if let error = reply.error {
            logRefusal(error)
        } else {
            logFailures(in: reply)
            unsettled.removeAll { $0 == lane }
        }
        let isLast = !expectations[nextExpectation...].contains { if case .lane = $0 { true } else { false } }
        // With leases, the batch ends when the fence is watched again.
        if isLast, leases == nil { lanesAnswered() }
    }

    func lanesAnswered() {
        guard unsettled.isEmpty else {
            commit = .refused
            metrics.refusedCommits.add()
            context.reactor.after(ms: refusalBackOff.next()) { [weak self] in
                guard let self, phase == .live, case .refused = commit else { return }
                if isStopping { return context.reactor.stop() }
                sendUnsettled()
            }
            return
        }
        batchCommitted()
    }

    private func batchCommitted() {
        settle()
        refusalBackOff.reset()
        if isStopping { return context.reactor.stop() }
        if nextHolding != nil { return changeSymbols() }
        if mayHaveForeign, takeForeign() { return }
        if isTimerDue { turn() }
        guard case .idle = commit else { return }
        readLink?.setPaused(false)
        if case .idle = commit { askForBatch() }
    }

    /// The batch is committed: the next one may begin.
    func settle() {
        for lane in hop.lanesTouched {
            hop.forEachAcknowledged(in: lane) { stream, id in
                lastCommitted[stream] = max(lastCommitted[stream] ?? id, id)
            }
        }
        if !causes.isEmpty {
            let now = SystemClock.wallUs()
            for cause in causes { metrics.stage.observe(Double(now - cause) / 1e6) }
            causes.removeAll(keepingCapacity: true)
        }
        hop.removeAll()
        unsettled.removeAll()
        commit = .idle
    }

    /// Commands of a transaction that failed while it was carried out; the others stand.
    func logFailures(in reply: RedisReply) {
        var node = RedisReply.root + 1
        for _ in 0..<reply.elementCount(RedisReply.root) {
            if reply.isError(node) { context.log.error("write_failed") { $0.put("error", reply.string(node)) } }
            node = reply.after(node)
        }
    }

    private func logRefusal(_ error: String) {
        context.log.error("commit_refused") { $0.put("error", error) }
    }

    // MARK: What goes wrong

    private func readRefused(_ error: RedisError) {
        context.log.error("read_refused") { $0.put("error", error) }
        connectionLost(error)
    }

    func connectionLost(_ error: RedisError) {
        guard phase == .live else { return }
        metrics.reconnects.add()
        context.log.warning("redis_lost") { $0.put("error", error) }
        retry()
    }

    /// Drops both connections and comes back through recovery.
    func retry() { goDown(recoverAfterMs: backOff.next()) }

    func closeLinks() {
        phase = .down
        readLink?.close()
        commitLink?.close()
        references?.close()
    }

    func goDown(recoverAfterMs ms: Int64) {
        closeLinks()
        if let recoveryTimer { context.reactor.cancel(recoveryTimer) }
        recoveryTimer = context.reactor.after(ms: ms) { [weak self] in
            // The links may be in the middle of a call when they fail, so they are let go only here.
            self?.readLink = nil
            self?.commitLink = nil
            self?.recover()
        }
    }

    // MARK: Housekeeping

    /// While live, each read is answered within `blockMs`, so silence means that the server or the way to it is stuck.
    func checkAnswers() {
        guard phase == .live, SystemClock.monotonicUs() - lastAnswerUs > Int64(Self.silenceMaxMs) * 1000 else { return }
        connectionLost(.timedOut(afterMs: Self.silenceMaxMs))
    }

    func trim() {
        guard phase == .live, !outputKeys.isEmpty else { return }
        var commands = CommandBuffer()
        let now = SystemClock.now().milliseconds
        for (name, key) in outputKeys {
            let oldest = now - (context.settings.streams.retentionMs[name.kind] ?? 86_400_000)
            commands.begin("XTRIM", arguments: 5)
            commands.add(key)
            commands.add("MINID")
            commands.add("~")
            commands.add(Int(oldest))
            expectations.append(.trim)
        }
        commitLink?.send(commands)
    }

    func askPositions() {
        guard phase == .live else { return }
        var commands = CommandBuffer()
        GroupKeeper.appendPositionQueries(reader, to: &commands)
        for stream in reader.streams.indices { expectations.append(.position(stream: stream)) }
        commitLink?.send(commands)
    }

    private func positionArrived(_ stream: Int, _ position: GroupKeeper.Position?) {
        guard let position else {
            return connectionLost(.refused("NOGROUP \(reader.streams[stream].key)"))
        }
        metrics.show(position, of: stream)
        // Recovery finds the gap again, tells it, and warms up.
        if position.lostCount > 0 { retry() }
    }

    func askForeign() {
        guard phase == .live else { return }
        if mayHaveForeign, case .idle = commit, takeForeign() { return }
        var commands = CommandBuffer()
        for (index, stream) in reader.streams.enumerated() {
            commands.command([
                "XPENDING", stream.key, reader.group, "IDLE", "\(Self.deadAfterMs)", "-", "+", "10",
            ])
            expectations.append(.foreign(stream: index))
        }
        commitLink?.send(commands)
    }

    /// Takes over what dead consumers left, and comes back through recovery if there was something.
    private func takeForeign() -> Bool {
        mayHaveForeign = false
        if leases != nil {
            guard reader.heldCount == 0 else { return false }
            retry()
            return true
        }
        do throws(RedisError) {
            let keeper = GroupKeeper(try RedisClient(context.settings.redis), reader)
            let count = try keeper.claim(deadAfterMs: Self.deadAfterMs)
            guard count > 0 else { return false }
            metrics.claims.add(Int64(count))
            context.log.warning("entries_claimed") { $0.put("count", count) }
        } catch {
            return false
        }
        retry()
        return true
    }
}
