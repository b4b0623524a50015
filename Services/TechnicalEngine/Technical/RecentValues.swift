import Indicators

/// The newest values of a series, the one of the candle in progress among them.
struct RecentValues {
    private let window: SampleWindow
    /// The value of the candle in progress, before the window's newest.
    private let forming: Double?

    init(_ window: SampleWindow, forming: Double?) {
        self.window = window
        self.forming = forming
    }

    var count: Int { window.count + (forming == nil ? 0 : 1) }

    subscript(age: Int) -> Double {
        guard let forming else { return window[age] }
        return age == 0 ? forming : window[age - 1]
    }

    /// +1 or −1 for the last crossing of zero within `candles`, upwards or downwards; 0 for none.
    func crossing(within candles: Int) -> Int {
        for age in 0..<min(candles, count - 1) {
            if self[age] > 0, self[age + 1] <= 0 { return 1 }
            if self[age] < 0, self[age + 1] >= 0 { return -1 }
        }
        return 0
    }
}
