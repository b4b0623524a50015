import FuzzTargets
import Glibc

/// libFuzzer, which has the `main`, calls us: `fuzz list` names the targets, `fuzz seeds TARGET FOLDER` writes what a corpus
/// begins with, and `fuzz TARGET …` gives the other arguments to libFuzzer.
private enum Fuzz {
    static let chosen = target(CommandLine.arguments[1])

    static func start(_ arguments: [String]) {
        switch arguments.count {
        case 2 where arguments[1] == "list":
            for target in FuzzTarget.all { print(target.name) }
            exit(0)
        case 4 where arguments[1] == "seeds": exit(writeSeeds(of: target(arguments[2]), to: arguments[3]) ? 0 : 1)
        case 2...: _ = chosen
        default: refuse("usage: fuzz list | fuzz seeds TARGET FOLDER | fuzz TARGET [options of libFuzzer]")
        }
    }

    private static func target(_ name: String) -> FuzzTarget {
        guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
            refuse("no target '\(name)': see fuzz list")
        }
        return target
    }

    private static func refuse(_ text: String) -> Never {
        print(text)
        exit(4)
    }

    private static func writeSeeds(of target: FuzzTarget, to folder: String) -> Bool {
        for (number, seed) in ((try? target.seeds()) ?? []).enumerated() {
            let file = open("\(folder)/seed-\(number)", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
            guard file >= 0, seed.withUnsafeBytes({ write(file, $0.baseAddress, $0.count) }) == seed.count else {
                return false
            }
            close(file)
        }
        return true
    }
}

/// Takes our words out of the arguments before libFuzzer reads them.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
    _ count: UnsafeMutablePointer<Int32>,
    _ words: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>
) -> Int32 {
    let list = words.pointee
    let arguments = (0..<Int(count.pointee)).compactMap { list[$0].map { String(cString: $0) } }
    Fuzz.start(arguments)
    for index in 2..<arguments.count { list[index - 1] = list[index] }
    count.pointee -= 1
    return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    Fuzz.chosen.read(UnsafeRawBufferPointer(start: data, count: size))
    return 0
}
