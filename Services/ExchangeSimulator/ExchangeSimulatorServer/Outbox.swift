import CWebSocketServer
import ExchangeSimulator
import TradingPrimitives
import WebServer

/// A call as it came over either door.
struct Call {
    enum Words {
        case http(HTTPRequest)
        /// A message of the WebSocket API.
        case socket([UInt8])
    }

    let id: cws_id
    let words: Words
}

/// What is on its way to the venue or to a client while something is late, by the venue's time.
struct Outbox {
    enum Item {
        /// A request that has not come yet; its answer takes as long again.
        case call(Call, FaultSubject, backMs: Int64)
        case response(cws_id, [UInt8], keepsAlive: Bool)
        case text(cws_id, [UInt8])
        /// A frame that waits for the next one of its connection to overtake it.
        case overtaken(cws_id, [UInt8])
    }

    /// Soonest first.
    private var items: [(time: Timestamp, item: Item)] = []

    var isEmpty: Bool { items.isEmpty }
    var nextTime: Timestamp? { items.first?.time }

    mutating func put(_ item: Item, at time: Timestamp) {
        let place = items.firstIndex { $0.time > time } ?? items.count
        items.insert((time, item), at: place)
    }

    /// Takes the soonest item if its time has come.
    mutating func next(until now: Timestamp) -> Item? {
        guard let first = items.first, first.time <= now else { return nil }
        return items.removeFirst().item
    }

    /// Takes the frames that the one just sent to `id` has overtaken.
    mutating func overtaken(on id: cws_id) -> [[UInt8]] {
        var frames: [[UInt8]] = []
        items.removeAll { entry in
            guard case .overtaken(id, let bytes) = entry.item else { return false }
            frames.append(bytes)
            return true
        }
        return frames
    }
}
