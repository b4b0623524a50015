import Foundation

// Runs seeds of the fault simulation and tells what was found.

do throws(Options.Mistake) {
    let options = try Options(CommandLine.arguments.dropFirst())
    if options.isHelp {
        print(Options.usage)
    } else if let seed = options.seed {
        exit(tellOne(seed, options.mutations.first) ? 0 : 1)
    } else if options.mutations.isEmpty {
        exit(Campaign(options, mutation: nil).run() ? 0 : 1)
    } else {
        var isFound = true
        for mutation in options.mutations where !Campaign(options, mutation: mutation).run() { isFound = false }
        exit(isFound ? 0 : 1)
    }
} catch {
    FileHandle.standardError.write(Data("simulate: \(error.text)\n\n\(Options.usage)\n".utf8))
    exit(2)
}
