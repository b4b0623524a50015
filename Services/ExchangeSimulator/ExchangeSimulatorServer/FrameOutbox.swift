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

    fileprivate var size: Int {
        switch words {
        case .http(let request): request.path.utf8.count + request.query.count + request.body.count
        case .socket(let text): text.count
        }
    }
}

/// What is on its way to the venue or to a client while something is late, by the venue's time.
struct FrameOutbox {
    enum Item {
        /// A request that has not come yet; its answer takes as long again.
        case call(Call, FaultSubject, backMs: Int64)
        case response(cws_id, [UInt8], keepsAlive: Bool)
        case text(cws_id, [UInt8])
        /// A frame that waits for the next one of its connection to overtake it.
        case overtaken(cws_id, [UInt8])

        fileprivate var connection: cws_id {
            switch self {
            case .call(let call, _, _): call.id
            case .response(let id, _, _), .text(let id, _), .overtaken(let id, _): id
            }
        }

        fileprivate var size: Int {
            switch self {
            case .call(let call, _, _): call.size
            case .response(_, let bytes, _), .text(_, let bytes), .overtaken(_, let bytes): bytes.count
            }
        }
    }

    /// Bytes that may be on their way: a client that floods the venue while it is late is cut, not kept.
    static let sizeMax = 64 << 20

    /// Soonest first.
    private var items: [(time: Timestamp, item: Item)] = []
    private var size = 0

    var isEmpty: Bool { items.isEmpty }
    var nextTime: Timestamp? { items.first?.time }

    /// Nil, or the connection that is to be cut because too much is on its way already.
    mutating func put(_ item: Item, at time: Timestamp) -> cws_id? {
        guard size + item.size <= Self.sizeMax else { return item.connection }
        size += item.size
        let place = items.firstIndex { $0.time > time } ?? items.count
        items.insert((time, item), at: place)
        return nil
    }

    /// Takes the soonest item if its time has come.
    mutating func next(until now: Timestamp) -> Item? {
        guard let first = items.first, first.time <= now else { return nil }
        size -= first.item.size
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
        size -= frames.reduce(0) { $0 + $1.count }
        return frames
    }
}
