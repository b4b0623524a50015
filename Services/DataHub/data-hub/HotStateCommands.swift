import DataHub
import SignalContracts
import StreamBus
import TradingPrimitives

extension HotState {
    var key: String {
        switch self {
        case .push(let key, _, _), .hash(let key, _, _), .candle(let key, _, _, _): key
        }
    }

    /// A list's push must not be sent twice; the others may.
    var isOnce: Bool {
        switch self {
        case .push: true
        case .hash, .candle: false
        }
    }
}

extension CommandBuffer {
    mutating func write(_ state: HotState) {
        switch state {
        case .push(let key, let items, let max):
            begin("LPUSH", arguments: 2 + items.count)
            add(key)
            for item in items { add(item) }
            begin("LTRIM", arguments: 4)
            add(key)
            add(0)
            add(max - 1)
        case .hash(let key, let fields, let replacing):
            if replacing {
                begin("DEL", arguments: 2)
                add(key)
            }
            begin("HSET", arguments: 2 + 2 * fields.count)
            add(key)
            add(fields)
        case .candle(let key, let openTime, let text, let max):
            let score = Int(openTime.milliseconds)
            begin("ZREMRANGEBYSCORE", arguments: 4)
            add(key)
            add(score)
            add(score)
            begin("ZADD", arguments: 4)
            add(key)
            add(score)
            add(text)
            begin("ZREMRANGEBYRANK", arguments: 4)
            add(key)
            add(0)
            add(-max - 1)
        }
    }
}
