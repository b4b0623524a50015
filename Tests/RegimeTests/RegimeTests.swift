import Foundation
import Indicators
import Regime
import SignalContracts
import TestSupport
import Testing
import TradingPrimitives

/// Every output of E5 beside a recomputation in Python, with TA-Lib, and what holds of all of them.
struct RegimeTests {
    @Test(
        .enabled(if: Oracles.hasTALib, "\(Oracles.skipMessage)"), arguments: 1...3 as ClosedRange<UInt64>)
    func `random markets give what a recomputation gives`(seed: UInt64) throws {
        // The third begins without a past.
        let differences = try differences(
            .random(seed: seed, fetched: seed == 3 ? 0 : 1500, minutes: seed == 3 ? 260 : 150))
        #expect(differences == nil, "\(differences ?? "")")
    }

    @Test(
        .enabled(if: Oracles.hasTALib, "\(Oracles.skipMessage)"),
        .enabled(if: SharedData.isPresent, "\(SharedData.skipMessage)"), arguments: [5000, 40_000])
    func `recorded candles give what a recomputation gives`(row: Int) throws {
        let differences = try differences(.recorded(fromRow: row, minutes: 400))
        #expect(differences == nil, "\(differences ?? "")")
    }

    private func differences(_ story: RegimeStory) throws -> String? {
        var filter = RegimeFilter(.standard), capture = CaptureFile()
        for input in story.inputs {
            switch input.event {
            case .candle(let candle): capture.append(.candle, input.id, named(candle.fields, input.symbol))
            case .book(let book): capture.append(.book, input.id, named(book.fields, input.symbol))
            case .signal: continue
            }
            filter.hear(input) {
                capture.append(.signal, input.id, named(EngineSignal.regime($0.signal).fields, $0.symbol))
            }
        }
        return try capture.differences(oracle: "regime_oracle.py", needsTALib: true)
    }

    private func named(_ fields: Fields, _ symbol: Symbol) -> Fields {
        var fields = fields
        fields.put("symbol", symbol)
        return fields
    }

    @Test func `one regime at a time, each with its weights, and all of them occur`() {
        var regimes: Set<TrendRegime> = [], phases: Set<VolatilityPhase> = []
        for seed in 1...8 as ClosedRange<UInt64> {
            for output in RegimeStory.random(seed: seed, minutes: 90).signals() where output.signal.isWarm {
                let signal = output.signal
                regimes.insert(signal.regime)
                phases.insert(signal.volatilityPhase)
                #expect(signal.isTradeable == (signal.volatilityPhase != .extreme))
                #expect((signal.reason == nil) == signal.isTradeable)
                #expect((signal.weight3 > 0.2) == (signal.regime == .trending))
                #expect((signal.weight4 > 0.12) == (signal.regime == .ranging))
                #expect((signal.preferredStrategy == .cascade) == (signal.regime == .choppy))
                #expect((signal.weight1 > 0.35) == (signal.volatilityPhase == .high))
                let half = signal.regime == .choppy ? 0.5 : 1
                #expect(signal.sizeMultiplier == half * (signal.isRiskOff ? 0.5 : 1))
                #expect(0.8...1.3 ~= signal.takeProfitMultiplier && 0.8...1.3 ~= signal.stopLossMultiplier)
                #expect(8...12 ~= signal.leverageMax)
            }
        }
        #expect(regimes.count == 3)
        #expect(phases.count == 4)
    }

    @Test func `a pair that comes apart cuts sizes for half an hour at most`() throws {
        let signals = RegimeStory.random(seed: 5, minutes: 150).signals().map(\.signal)
        let first = try #require(signals.first { $0.isRiskOff })
        let last = try #require(signals.last { $0.isRiskOff && $0.eventTime - first.eventTime < 3_600_000 })
        #expect(last.eventTime - first.eventTime <= 1_800_000)
        #expect(signals.allSatisfy { !$0.isRiskOff || ($0.correlation ?? 0) < 0.5 })
    }

    @Test(arguments: [Int64(5000), 60_000])
    func `a correlation counts once each worker has heard the pair's returns`(delayMs: Int64) {
        var configuration = RegimeConfiguration.standard
        configuration.correlationDelayMs = delayMs
        let signals = RegimeStory.random(seed: 5, minutes: 60).signals(configuration).map(\.signal)
        let changed = zip(signals, signals.dropFirst()).filter { $0.correlation != $1.correlation }.map(\.1.eventTime)
        #expect(changed.count > 5)
        for time in changed {
            let age = time - time.floored(to: 300_000)
            #expect(delayMs...delayMs + 6000 ~= age, "\(age) ms after its moment")
        }
    }

    @Test func `without one of the two there is no correlation`() {
        var configuration = RegimeConfiguration.standard
        configuration.references = Symbol("SOLUSDT").map { ($0, $0) }
        let signals = RegimeStory.random(seed: 2, minutes: 60).signals(configuration)
        #expect(signals.allSatisfy { $0.signal.correlation == nil && !$0.signal.isRiskOff })
    }

    @Test func `a signal comes at each multiple of five seconds that a book reaches`() {
        let story = RegimeStory.random(seed: 7, minutes: 30)
        let signals = story.signals().filter { $0.symbol.name == "BTCUSDT" }.map(\.signal)
        var steps: Set<Int64> = []
        for input in story.inputs where input.symbol.name == "BTCUSDT" {
            if case .book(let book) = input.event { steps.insert(book.eventTime.milliseconds / 5000) }
        }
        #expect(Set(signals.map { $0.eventTime.milliseconds / 5000 }) == steps)
        #expect(signals.count(where: { $0.return5s != nil }) > steps.count * 9 / 10)
    }

    @Test func `hot state is written to both keys, and not on every signal`() throws {
        let outputs = RegimeStory.random(seed: 4, minutes: 10).signals()
        let shown = try #require(outputs.first { $0.isShown })
        var keys: [String] = []
        shown.forEachProjection { if case .hash(let key, _, _) = $0 { keys.append(key) } }
        #expect(keys == ["engine_signals:{\(shown.symbol)}", "regime:{\(shown.symbol)}"])
    }

    @Test func `a logarithm of a return is the library's`() {
        var random = SplitMix64(seed: 1)
        for _ in 0..<20_000 {
            let before = exp(40 * random.uniform() - 20)
            let now =
                random.next() % 2 == 0
                ? before * (1 + 0.001 * (random.uniform() - 0.5)) : exp(40 * random.uniform() - 20)
            let expected = abs(now / before - 1) < 0.1 ? log1p((now - before) / before) : log(now / before)
            #expect(abs(logReturn(from: before, to: now) - expected) <= 4e-16 * max(abs(expected), 1e-300) * 8)
        }
        #expect(logReturn(from: 5, to: 5) == 0)
    }
}
