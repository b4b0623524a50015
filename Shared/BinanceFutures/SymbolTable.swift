import TradingPrimitives

/// Finds a symbol's index by the bytes of its name.
struct SymbolTable: Sendable {
    private let names: [[UInt8]]
    /// Index + 1 by hash; 0 for an empty place.
    private var places: [UInt16]

    init(_ symbols: [Symbol]) {
        precondition(symbols.count < 16_384)
        names = symbols.map { Array($0.name.utf8) }
        var size = 64
        while size < symbols.count * 4 { size *= 2 }
        places = Array(repeating: 0, count: size)
        for (index, name) in names.enumerated() {
            var place = name.withUnsafeBytes { Self.hash($0) } & (size - 1)
            while places[place] != 0 { place = (place + 1) & (size - 1) }
            places[place] = UInt16(index + 1)
        }
    }

    func index(of name: UnsafeRawBufferPointer) -> Int? {
        var place = Self.hash(name) & (places.count - 1)
        while places[place] != 0 {
            let index = Int(places[place]) - 1
            if names[index].count == name.count, names[index].elementsEqual(name) { return index }
            place = (place + 1) & (places.count - 1)
        }
        return nil
    }

    /// FNV-1a; wraps by design.
    @inline(__always)
    private static func hash(_ name: UnsafeRawBufferPointer) -> Int {
        var hash: UInt32 = 2_166_136_261
        for byte in name { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        return Int(hash)
    }
}
