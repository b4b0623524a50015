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
        return spawn(program, arguments, environment, &actions).flatMap(wait)
    }

    /// What it writes to its standard output; nil unless it ends with 0.
    static func text(of program: String, _ arguments: [String]) -> String? {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return nil }  // tidy-ok: the next line closes them for children
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        fflush(nil)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        let child = spawn(program, arguments, [:], &actions)
        close(ends[1])
        guard let child else { return nil }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(ends[0], &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { break }
            bytes += buffer[..<count]
        }
        return wait(child) == 0 ? String(decoding: bytes, as: UTF8.self) : nil
    }

    private static func spawn(
        _ program: String, _ arguments: [String], _ environment: [String: String],
        _ actions: inout posix_spawn_file_actions_t
    ) -> pid_t? {
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
        var child = pid_t()
        return posix_spawnp(&child, program, &actions, nil, &words, &variables) == 0 ? child : nil
    }

    private static func wait(_ child: pid_t) -> Int32? {
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 { if errno != EINTR { return nil } }
        return status & 0x7F == 0 ? status >> 8 & 0xFF : nil
    }
}
