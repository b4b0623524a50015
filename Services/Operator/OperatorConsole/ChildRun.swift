import Glibc

/// Other programs, run to their end.
enum ChildRun {
    /// Where this program's companions are: beside it, else found by name.
    static func companion(_ name: String) -> String {
        let folder = CommandLine.arguments[0].split(separator: "/", omittingEmptySubsequences: false).dropLast()
            .joined(separator: "/")
        let beside = folder + "/" + name
        return !folder.isEmpty && access(beside, X_OK) == 0 ? beside : name
    }

    /// Waits for the end; nil when it can't be run or a signal ended it. With `output` its standard output goes to that file.
    static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], output: String? = nil
    ) -> Int32? {
        fflush(nil)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let output {
            let flags = O_WRONLY | O_CREAT | O_TRUNC  // tidy-ok: the child's output
            posix_spawn_file_actions_addopen(&actions, 1, output, flags, 0o600)
        }
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") }
        var entry = environ
        while let text = entry.pointee {
            let name = String(cString: text).prefix { $0 != "=" }
            if environment[String(name)] == nil { variables.append(strdup(text)) }
            entry += 1
        }
        variables.append(nil)
        defer { for word in words + variables { free(word) } }
        var child = pid_t(), status: Int32 = 0
        guard posix_spawnp(&child, program, &actions, nil, &words, &variables) == 0 else { return nil }
        while waitpid(child, &status, 0) < 0 { if errno != EINTR { return nil } }
        return status & 0x7F == 0 ? status >> 8 & 0xFF : nil
    }
}
