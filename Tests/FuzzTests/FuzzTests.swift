import FuzzTargets
import Testing
import TradingPrimitives

/// The fuzz targets without a fuzzer: each over what its corpus begins with, whole and damaged. The long form, guided by
/// coverage and under the address sanitizer, is `make fuzz`.
struct FuzzTests {
    @Test(arguments: FuzzTarget.all.map(\.name))
    func `what is damaged is read or refused, never trapped on`(name: String) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        let seeds = try target.seeds()
        try #require(!seeds.isEmpty)
        for seed in seeds { seed.withUnsafeBytes(target.read) }
        var random = SplitMix64(seed: 21)
        for _ in 0..<(target.isSlow ? 300 : 3000) {
            var bytes = seeds[Int.random(in: 0..<seeds.count, using: &random)]
            for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty { damage(&bytes, &random) }
            bytes.withUnsafeBytes(target.read)
        }
    }

    private func damage(_ bytes: inout [UInt8], _ random: inout SplitMix64) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(Array("0123456789\"{}[],:.-eE \\n%&=".utf8).randomElement(using: &random) ?? 0, at: place)
        case 3: bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
        default: bytes.swapAt(place, Int.random(in: 0..<bytes.count, using: &random))
        }
    }
}
