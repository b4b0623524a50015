import FaultSimulation
import Foundation

/// What the command line asks for.
struct Options {
    static let usage = """
        simulate [--seeds N] [--first N] [--seed N] [--mutation NAME] [--also FILE] [--jobs N] [--text]
          --seeds N      how many seeds to run (500)
          --first N      the first of them (1)
          --seed N       one seed only, told in detail; run twice, to see that it is the same both times
          --mutation M   with a deliberate bug, which must be found: \(names); all: each of them in turn
          --also FILE    seeds to run before: those that once found something, one a line
          --jobs N       threads (2)
          --text         each seed a second time, all that is said going through its text: the ledgers must be the same
        exit: 0 no violation (with a mutation: it was found), 1 otherwise, 2 wrong usage
        """
    private static let names = Mutation.allCases.map(\.rawValue).joined(separator: ", ")

    var seeds: UInt64 = 500
    var first: UInt64 = 1
    var seed: UInt64?
    var mutations: [Mutation] = []
    /// Run before the others.
    var also: [UInt64] = []
    var jobs = 2
    var isText = false
    var isHelp = false

    struct Mistake: Error { let text: String }

    init(_ arguments: some Sequence<String>) throws(Mistake) {
        var words = Array(arguments)[...]
        while let word = words.popFirst() {
            if word == "--help" || word == "-h" {
                isHelp = true
                continue
            }
            if word == "--text" {
                isText = true
                continue
            }
            guard let value = words.popFirst() else { throw Mistake(text: "\(word) needs a value") }
            switch word {
            case "--seeds": seeds = try Self.number(word, value)
            case "--first": first = try Self.number(word, value)
            case "--seed": seed = try Self.number(word, value)
            case "--also": also = try Self.seeds(value)
            case "--jobs": jobs = Int(try Self.number(word, value))
            case "--mutation" where value == "all": mutations = Mutation.allCases
            case "--mutation":
                guard let mutation = Mutation(rawValue: value) else {
                    throw Mistake(text: "no mutation is called '\(value)'")
                }
                mutations = [mutation]
            default: throw Mistake(text: "unknown option \(word)")
            }
        }
    }

    private static func seeds(_ path: String) throws(Mistake) -> [UInt64] {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw Mistake(text: "can't read \(path)")
        }
        var seeds: [UInt64] = []
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            seeds.append(try number(path, String(line.prefix { $0 != " " })))
        }
        return seeds
    }

    private static func number(_ name: String, _ text: String) throws(Mistake) -> UInt64 {
        guard let value = UInt64(text), value < 1 << 40 else {
            throw Mistake(text: "\(name) needs a number, not '\(text)'")
        }
        return value
    }
}
