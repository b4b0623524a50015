import Hosting
import SignalContracts
import StreamBus
import TradingPrimitives

// While connected: reads a batch, sends what it came to, hears the answers.
extension ProcessorHost {
    /// How long a read waits for entries.
    var blockMs: Int { machine.isGuarded ? Self.guardedBlockMs : 1000 }
    static var guardedBlockMs: Int { 250 }
    /// A consumer that has been silent for so long is taken for dead.
    static var deadAfterMs: Int { 2000 }
    /// A server that has been silent for so long is taken for lost.
    static var silenceMaxMs: Int { 10_000 }

    func goLive() throws(RedisError) {
        lanes = []
        for part in reader.parts.indices { _ = try open(part, key: reader.keys[reader.parts[part][0]]) }
        try references?.begin(
            { [unowned self] in if machine.isLive { remember($0, $1, $2) } },
            onEnd: { [unowned self] in connectionLost($0) })
        news = nil
        if !isCluster, reader.streams.count >= StreamNews.streamCountMin {
            news = try StreamNews(
                context.reactor, context.settings.redis, reader, onNews: { [unowned self] in readNews() },
                onEnd: { [unowned self] in connectionLost($0) })
        }
        backOff.reset()
        machine.connected()
        // With leases, the first read waits until the fence is watched.
        if leases != nil { watchFence() }
    }

    /// Connects to where `key` lies, to read a part of the streams there or, with nil, only to write.
    private func open(_ part: Int?, key: [UInt8]) throws(RedisError) -> HostLane {
        let lane = HostLane(tag: KeySlot.tag(of: key), part: part)
        if part != nil {
            lane.readLink = try RedisLink(
                context.reactor, context.settings.redis, key: key,
                onReply: { [unowned self, unowned lane] in batchArrived($0, lane) },
                onEnd: { [unowned self] in connectionLost($0) })
        }
        lane.commitLink = try RedisLink(
            context.reactor, context.settings.redis, key: key,
            onReply: { [unowned self, unowned lane] in answerArrived($0, lane) },
            onEnd: { [unowned self] in connectionLost($0) })
        lanes.append(lane)
        return lane
    }

    /// Where a key is written to.
    private func lane(writing key: [UInt8]) throws(RedisError) -> HostLane {
        guard isCluster else { return lanes[0] }
        let tag = KeySlot.tag(of: key)
        if let known = lanes.first(where: { $0.tag == tag }) { return known }
        return try open(nil, key: key)
    }

    /// Each read and each commit has its price, whatever is in it. So very many streams are read no more often than this,
    /// milliseconds, and what comes meanwhile is read together.
    private var pauseMs: Int64 { news == nil ? 0 : Int64(reader.streams.count / Self.streamsReadEachMs) }
    private static var streamsReadEachMs: Int { 200 }

    private func readNews() {
        machine.freeRead()
        drive()
    }

    func read() {
        guard !isPausing, news?.hasAny ?? true else { return machine.holdRead() }
        let pauseMs = pauseMs, now = SystemClock.monotonicUs()
        if now - lastAskedUs < pauseMs * 1000 {
            isPausing = true
            machine.holdRead()
            context.reactor.after(ms: pauseMs) { [weak self] in
                self?.isPausing = false
                self?.readNews()
            }
            return
        }
        lastAskedUs = now
        for lane in lanes {
            guard let part = lane.part, machine.mayRead(part: part) else { continue }
            machine.sentRead(part: part)
            var commands = CommandBuffer()
            reader.appendRead(to: &commands, part: part, blockMs: blockMs, news: news?.lanes)
            lane.readLink?.send(commands)
        }
        news?.clear()
    }

    private func batchArrived(_ reply: RedisReply, _ lane: HostLane) {
        guard machine.isLive, let part = lane.part else { return }
        lane.lastAnswerUs = SystemClock.monotonicUs()
        machine.arrived(part: part)
        do throws(RedisError) {
            try reader.load(reply, part: part)
        } catch {
            return readRefused(error)
        }
        if let news { reader.forEachUnfinishedLane { news.add(lane: $0) } }
        reader.forEachReady(reply, &inputFields) { process(stream: $0, id: $1, fields: $2) }
        noteBatch()
        drive()
    }

    func seal() {
        prepareCommit()
        let isOnlyAcknowledgements = hop.isOnlyAcknowledgements
        hop.seal()
        machine.sealed(
            lanes: hop.lanesTouched, aheadCount: hop.aheadOfLanes.count, isOnlyAcknowledgements: isOnlyAcknowledgements)
        context.latencyTrace?.note(causes)
        // A batch that arrives before the answer waits in the connection.
        for lane in lanes { lane.readLink?.setPaused(true) }
    }

    /// What must be on the disk before what was said is committed.
    private func prepareCommit() {
        guard let beforeCommit, var current = processor.take() else { return }
        beforeCommit(&current)
        processor = current
    }

    /// What lies elsewhere than the entries that set it off.
    func sendAhead() {
        do throws(RedisError) {
            for ahead in hop.aheadOfLanes {
                let lane = try lane(writing: ahead.key)
                lane.expect(.ahead(replyCount: ahead.commands.commandCount))
                lane.commitLink?.send(ahead.commands)
            }
        } catch { connectionLost(error) }
    }

    func send(_ unsettled: [Int]) {
        for (number, link) in lanes.enumerated() {
            var all = CommandBuffer()
            for lane in unsettled where !isCluster || lane == number {
                let commands = hop.commands(of: lane)
                link.expect(.commit(lane: lane, replyCount: commands.commandCount))
                all.append(commands)
            }
            guard !all.isEmpty else { continue }
            if leases != nil { appendFence(of: link, endsCommit: true, to: &all) }
            link.commitLink?.send(all)
        }
    }

    private func answerArrived(_ reply: RedisReply, _ lane: HostLane) {
        guard machine.isLive else { return }
        take(reply, lane)
        drive()
    }

    private func take(_ reply: RedisReply, _ lane: HostLane) {
        lane.lastAnswerUs = SystemClock.monotonicUs()
        switch lane.expected {
        case nil: connectionLost(.unexpectedReply("an answer without a question"))
        case .commit(let number, let replyCount)?:
            if replyCount > 1 {
                if let error = reply.error { logRefusal(error) }
                return lane.expectMore(.commit(lane: number, replyCount: replyCount - 1))
            }
            lane.met()
            laneAnswered(number, reply)
        case .ahead(let replyCount)?: aheadAnswered(reply, lane, replyCount)
        case .position(let stream)?:
            guard let first = lane.positionReply else {
                lane.positionReply = reply.value
                return
            }
            lane.positionReply = nil
            lane.met()
            positionArrived(stream, GroupKeeper.position(reader.group, first, reply.value))
        case .foreign?:
            lane.met()
            // With leases the workers have one consumer name: what is pending and not in hand was read by another.
            let consumer = leases == nil ? reader.consumer : nil
            if reply.value.elements.contains(where: { $0.elements.count == 4 && $0.elements[1].text != consumer }) {
                machine.sawForeign()
            }
        case .trim?, .watch?: lane.met()
        case .fence(let endsCommit)?:
            lane.met()
            fenceAnswered(reply, lane, endsCommit: endsCommit)
        }
    }

    private func laneAnswered(_ lane: Int, _ reply: RedisReply) {
        if reply.isNil(RedisReply.root) { return fenced() }
        if let error = reply.error { logRefusal(error) } else { logFailures(in: reply) }
        machine.laneAnswered(lane, isCommitted: reply.error == nil)
    }

    private func aheadAnswered(_ reply: RedisReply, _ lane: HostLane, _ replyCount: Int) {
        if let error = reply.error {
            logRefusal(error)
            lane.isAheadRefused = true
        }
        if replyCount > 1 { return lane.expectMore(.ahead(replyCount: replyCount - 1)) }
        lane.met()
        machine.aheadAnswered(isRefused: lane.isAheadRefused)
        lane.isAheadRefused = false
    }

    func delayCommit() {
        metrics.refusedCommits.add()
        context.reactor.after(ms: refusalBackOff.next()) { [weak self] in
            self?.machine.sendAgain()
            self?.drive()
        }
    }

    /// The batch is committed: the next one may begin.
    func settle() {
        for lane in hop.lanesTouched {
            hop.forEachAcknowledged(in: lane) { stream, id in
                machine.committed(stream: stream, id)
            }
        }
        if !causes.isEmpty {
            let now = SystemClock.wallUs()
            for cause in causes { metrics.stage.observe(Double(now - cause) / 1e6) }
            causes.removeAll(keepingCapacity: true)
        }
        hop.removeAll()
        refusalBackOff.reset()
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
        guard machine.isLive else { return }
        metrics.reconnects.add()
        context.log.warning("redis_lost") { $0.put("error", error) }
        machine.lost()
        drive()
    }

    func closeLinks() {
        for lane in lanes { lane.close() }
        references?.close()
        news?.close()
    }

    /// Drops all connections, and comes back through recovery.
    func comeAgain(afterMs ms: Int64) {
        closeLinks()
        if let recoveryTimer { context.reactor.cancel(recoveryTimer) }
        recoveryTimer = context.reactor.after(ms: ms) { [weak self] in
            // The links may be in the middle of a call when they fail, so they are let go only here.
            self?.lanes = []
            self?.recover()
        }
    }

    // MARK: Housekeeping

    /// A turn of upkeep, milliseconds.
    static var upkeepMs: Int64 { 200 }

    /// A few streams each turn: what is asked about hundreds at once makes everything else at Redis wait.
    func upkeep() {
        upkeepTurn += 1
        if upkeepTurn.isMultiple(of: 5) {
            checkAnswers()
            readAll()
        }
        askForeign { [upkeepTurn] in $0 % 5 == upkeepTurn % 5 }
        askPositions { [upkeepTurn] in $0 % 25 == upkeepTurn % 25 }
        trim { [upkeepTurn] in $0 % 50 == upkeepTurn % 50 }
    }

    /// While live, each read is answered within `blockMs`, so silence means that the server or the way to it is stuck.
    func checkAnswers() {
        let now = SystemClock.monotonicUs()
        guard machine.isLive,
            lanes.contains(where: { $0.part != nil && isSilent(since: $0.lastAnswerUs, now) })
                || news.map({ isSilent(since: $0.lastAnswerUs, now) }) ?? false
        else { return }
        connectionLost(.timedOut(afterMs: Self.silenceMaxMs))
    }

    private func isSilent(since lastUs: Int64, _ now: Int64) -> Bool { now - lastUs > Int64(Self.silenceMaxMs) * 1000 }

    /// Once a second all streams are read, news or not: nothing depends on it but that Redis is heard of, and no news can be lost
    /// for long.
    private func readAll() {
        guard machine.isLive, let news else { return }
        news.ping()
        news.addAll()
        readNews()
    }

    private func trim(_ isDue: (Int) -> Bool) {
        guard machine.isLive else { return }
        let now = SystemClock.now().milliseconds
        for (number, (name, key)) in outputKeys.enumerated() where isDue(number) {
            let oldest = now - (context.settings.streams.retentionMs[name.kind] ?? 86_400_000)
            var commands = CommandBuffer()
            commands.begin("XTRIM", arguments: 5)
            commands.add(key)
            commands.add("MINID")
            commands.add("~")
            commands.add(Int(oldest))
            do throws(RedisError) {
                let lane = try lane(writing: key)
                lane.expect(.trim)
                lane.commitLink?.send(commands)
            } catch { return connectionLost(error) }
        }
    }

    private func askPositions(_ isDue: (Int) -> Bool) {
        guard machine.isLive else { return }
        ask(isDue) {
            GroupKeeper.appendPositionQuery(of: reader.streams[$0], to: &$1)
        } expecting: {
            .position(stream: $0)
        }
    }

    /// A question about each stream that is due.
    private func ask(
        _ isDue: (Int) -> Bool, _ append: (Int, inout CommandBuffer) -> Void,
        expecting: (Int) -> HostLane.Expectation
    ) {
        for lane in lanes {
            guard let part = lane.part else { continue }
            var commands = CommandBuffer()
            for stream in reader.parts[part] where isDue(stream) {
                append(stream, &commands)
                lane.expect(expecting(stream))
            }
            if !commands.isEmpty { lane.commitLink?.send(commands) }
        }
    }

    private func positionArrived(_ stream: Int, _ position: GroupPosition?) {
        guard let position else {
            return connectionLost(.refused("NOGROUP \(reader.streams[stream].key)"))
        }
        metrics.show(position, of: stream)
        // Recovery finds the gap again, tells it, and warms up.
        if position.lostCount > 0 { machine.lost() }
    }

    func askForeign(_ isDue: (Int) -> Bool = { _ in true }) {
        guard machine.isLive else { return }
        ask(isDue) {
            $1.command([
                "XPENDING", reader.streams[$0].key, reader.group, "IDLE", "\(Self.deadAfterMs)", "-", "+", "10",
            ])
        } expecting: {
            .foreign(stream: $0)
        }
    }

    /// Takes over what dead consumers left, and comes back through recovery if there was something.
    func claimForeign() {
        // What it holds back is pending, and its own.
        if leases != nil { return reader.heldCount == 0 ? machine.lost() : () }
        do throws(RedisError) {
            let keeper = GroupKeeper(try RedisClient(context.settings.redis), reader)
            let count = try keeper.claim(deadAfterMs: Self.deadAfterMs)
            guard count > 0 else { return }
            metrics.claims.add(Int64(count))
            context.log.warning("entries_claimed") { $0.put("count", count) }
            machine.lost()
        } catch {
            context.log.warning("entries_not_claimed") { $0.put("error", error) }
        }
    }
}
