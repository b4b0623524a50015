import TradingPrimitives

// Open interest and long/short shares, as `/futures/data` tells them: the source's own where it has them. Else they are
// simple, deterministic and consistent with the market's flow.
extension Exchange {
    private static let statisticsMax = 4000

    mutating func closeStatistics(_ index: Int) {
        let volume = books[index].statisticsVolume
        books[index].statisticsVolume = (.zero, .zero)
        if !books[index].hasOwnOpenInterest {
            // A tenth of the net taker flow stays open.
            let net = (volume.buy - volume.sell).raw / 10
            let moved = books[index].openInterest.plus(Quantity(raw: net))
            let step = instruments[index].rules.stepSize
            if moved > .zero { books[index].openInterest = moved.rounded(toMultipleOf: step, .down) }
        }
        append(index, at: now, books[index].markPrice, volume.buy, volume.sell)
    }

    mutating func makeStatistics(ofPast index: Int, _ minutes: [MarketCandle]) {
        var buy = Quantity.zero
        var sell = Quantity.zero
        for candle in minutes.suffix(5 * 600) {
            buy = buy.plus(candle.takerVolume)
            sell = sell.plus(candle.volume - candle.takerVolume)
            let end = candle.openTime + 60_000
            guard end.milliseconds % 300_000 == 0 else { continue }
            append(index, at: end, candle.close, buy, sell)
            (buy, sell) = (.zero, .zero)
        }
    }

    /// Rows of the past, oldest first, in place of those made from candles.
    public mutating func setStatistics(_ index: Int, _ rows: [MarketStatistics]) {
        guard let last = rows.last else { return }
        books[index].statistics = ContiguousArray(rows.suffix(Self.statisticsMax))
        books[index].openInterest = last.openInterest
        books[index].positioning = last.positioning
    }

    private mutating func append(_ index: Int, at time: Timestamp, _ mark: Price, _ buy: Quantity, _ sell: Quantity) {
        let positioning = books[index].positioning ?? guessedPositioning(index, mark)
        if books[index].statistics.count >= Self.statisticsMax * 2 {
            books[index].statistics.removeFirst(Self.statisticsMax)
        }
        books[index].statistics.append(
            MarketStatistics(
                time: time, openInterest: books[index].openInterest, mark: mark, buyVolume: buy, sellVolume: sell,
                positioning: positioning))
    }

    /// Accounts lean against the last move: where it rises, fewer are long. Top traders lean against them.
    private func guessedPositioning(_ index: Int, _ mark: Price) -> Positioning {
        let last = books[index].statistics.last
        let move = last.map { $0.mark > .zero ? (mark - $0.mark).raw * 10_000 / $0.mark.raw : 0 } ?? 0
        let before = (last?.positioning.accountsLong.raw ?? 56_000_000) / 10_000
        let share = min(max(before - move / 2 + (5600 - before) / 20, 2000), 8000)
        return Positioning(
            accountsLong: Ratio(raw: share * 10_000), topTradersLong: Ratio(raw: (share + 5000) / 2 * 10_000))
    }
}
