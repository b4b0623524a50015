import TradingPrimitives

/// Turns recorded frames into market events: joins depth changes to the snapshot, and keeps one kind of trade where a
/// recording has both.
struct FrameTranslator {
    private struct Contract {
        var trades: RowSieve<MarketEvent>
        var tradesAreAggregated: Bool?
        var hasSnapshot = false
        /// Changes since the start, for a snapshot that may still come; bounded.
        var early: [(updateId: Int64, changes: [LevelChange])] = []
        var lastUpdateId: Int64 = 0
    }

    private static let earlyMax = 5000

    let instruments: [Symbol]
    /// The contract of frames that do not name one.
    let only: Int?
    private var contracts: [Contract]
    /// The frames of all streams, by the time of the event.
    private var frames: RowSieve<Void>
    /// Places where the depth stream skips.
    private var gaps = 0

    init(_ instruments: [Symbol], only: Int?, times: RecordedTimes) {
        self.instruments = instruments
        self.only = only
        contracts = instruments.map { _ in Contract(trades: RowSieve(times, waits: false)) }
        // Streams come out of step with each other.
        frames = RowSieve(times, disorderMs: 60_000, waits: false)
    }

    var report: RecordingReport {
        var report = frames.report
        report.gaps += gaps
        for contract in contracts { report.add(contract.trades.report) }
        return report
    }

    /// Reads the JSON object that begins at `start` of a line.
    mutating func translate(
        _ line: UnsafeRawBufferPointer, number: Int, from start: Int, _ emit: (MarketEvent) -> Void
    ) {
        var scanner = ByteScanner(line)
        scanner.at = start
        guard let frame = RecordedFrame(&scanner) else {
            return frames.report.skip(number, RecordingTrouble.excerpt(line), "expected a whole JSON object")
        }
        guard let index = contract(frame, scanner) else { return }
        let time = Timestamp(ofAnyUnit: frame.eventTime > 0 ? frame.eventTime : frame.time)
        if time == .zero { return }
        var isInTime = false
        frames.take((), RowMark(line: number, id: nil, time: time, price: nil), line) { isInTime = true }
        guard isInTime else { return }
        if let price = frame.told, let last = contracts[index].trades.lastPrice,
            price.ratio(to: last) > RowSieve<Void>.priceRatioMax
        {
            let why = "it tells a price of \(price) after \(last)"
            return frames.report.skip(number, RecordingTrouble.excerpt(line), why)
        }
        switch frame.event {
        case .bestPrices:
            let bid = DepthLevel(price: frame.bestBid, quantity: frame.bidQuantity)
            let ask = DepthLevel(price: frame.bestAsk, quantity: frame.askQuantity)
            emit(MarketEvent(time: time, instrument: index, .bestPrices(bid: bid, ask: ask)))
        case .trade, .aggregateTrade: trade(frame, index, number, line, emit)
        case .depth, .other: depth(frame, index, time, scanner, emit)
        case .mark:
            emit(MarketEvent(time: time, instrument: index, .mark(price: frame.price, index: frame.index)))
            emit(MarketEvent(time: time, instrument: index, .fundingRate(frame.rate)))
        case .liquidation:
            let average = frame.average > .zero ? frame.average : frame.price
            emit(
                MarketEvent(
                    time: time, instrument: index,
                    .liquidation(
                        side: frame.isSell ? .sell : .buy, price: frame.price, average: average,
                        quantity: frame.quantity)))
        }
    }

    private func contract(_ frame: RecordedFrame, _ scanner: ByteScanner) -> Int? {
        guard let name = frame.symbol else { return only }
        return instruments.firstIndex { symbol in
            symbol.name.utf8.count == name.count && zip(symbol.name.utf8, name).allSatisfy { scanner.bytes[$1] == $0 }
        }
    }

    private mutating func trade(
        _ frame: RecordedFrame, _ index: Int, _ number: Int, _ line: UnsafeRawBufferPointer,
        _ emit: (MarketEvent) -> Void
    ) {
        let isAggregated = frame.event == .aggregateTrade
        if contracts[index].tradesAreAggregated == nil { contracts[index].tradesAreAggregated = isAggregated }
        guard contracts[index].tradesAreAggregated == isAggregated, !frame.isOffBook else { return }
        guard frame.price > .zero, frame.quantity > .zero, frame.price * frame.quantity < RecordedFrame.notionalMax
        else {
            let why = "\(frame.quantity) at \(frame.price) is no trade"
            return frames.report.skip(number, RecordingTrouble.excerpt(line), why)
        }
        // Fills of one taker share the trade time, not always the event time.
        let time = Timestamp(ofAnyUnit: frame.time > 0 ? frame.time : frame.eventTime)
        let aggressor: Side = frame.isBuyerMaker ? .sell : .buy
        let event = MarketEvent(
            time: time, instrument: index,
            .trade(price: frame.price, quantity: frame.quantity, aggressor: aggressor))
        let mark = RowMark(line: number, id: frame.tradeId, time: time, price: frame.price)
        contracts[index].trades.take(event, mark, line, emit)
    }

    private mutating func depth(
        _ frame: RecordedFrame, _ index: Int, _ time: Timestamp, _ scanner: ByteScanner, _ emit: (MarketEvent) -> Void
    ) {
        if frame.snapshotId > 0 {
            emit(
                MarketEvent(
                    time: time, instrument: index,
                    .bookSnapshot(bids: frame.bids, asks: frame.asks, isPassedThrough: false)))
            let missed = contracts[index].early.filter { $0.updateId >= frame.snapshotId }.flatMap(\.changes)
            if !missed.isEmpty { emit(MarketEvent(time: time, instrument: index, .bookChange(missed))) }
            contracts[index].early = []
            contracts[index].hasSnapshot = true
            return
        }
        guard !frame.bids.isEmpty || !frame.asks.isEmpty else { return }
        if isPartial(frame, scanner) {
            emit(
                MarketEvent(
                    time: time, instrument: index,
                    .bookSnapshot(bids: frame.bids, asks: frame.asks, isPassedThrough: true)))
            return
        }
        let last = contracts[index].lastUpdateId
        if last != 0, frame.previousUpdateId != last { gaps += 1 }
        contracts[index].lastUpdateId = frame.updateId
        var changes: [LevelChange] = []
        changes.reserveCapacity(frame.bids.count + frame.asks.count)
        for level in frame.bids {
            changes.append(LevelChange(side: .buy, price: level.price, quantity: level.quantity))
        }
        for level in frame.asks {
            changes.append(LevelChange(side: .sell, price: level.price, quantity: level.quantity))
        }
        if !contracts[index].hasSnapshot, contracts[index].early.count < Self.earlyMax {
            contracts[index].early.append((frame.updateId, changes))
        }
        emit(MarketEvent(time: time, instrument: index, .bookChange(changes)))
    }

    /// A whole top of the book (`depth20`), not changes: said by the stream's name, or by a frame without `e`.
    private func isPartial(_ frame: RecordedFrame, _ scanner: ByteScanner) -> Bool {
        guard let stream = frame.stream else { return frame.event == .other }
        let parts = scanner.text(stream).split(separator: "@")
        return parts.count >= 2 && ["depth5", "depth10", "depth20"].contains(parts[1])
    }
}
