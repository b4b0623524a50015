import Foundation
import TestSupport

/// A program of `Harness` with C code of the suite, built with the address sanitizer and that of undefined behaviour.
struct Sanitized {
    struct BuildError: Error, CustomStringConvertible { let description: String }

    static let environment = [
        // What was freed is not kept for long, so that what is held can be seen from outside.
        "ASAN_OPTIONS": "detect_leaks=1:quarantine_size_mb=1:exitcode=99"
    ]

    let path: String

    /// `targets`: folders of `Shared`.
    init(_ name: String, of targets: [String], libraries: [String]) throws {
        let root = SharedData.packageRoot, files = FileManager.default
        let folder = root.appending(path: ".build/doors")
        try files.createDirectory(at: folder, withIntermediateDirectories: true)
        var arguments = ["clang", "-std=gnu17", "-g", "-O1", "-fsanitize=address,undefined"]
        arguments += [
            "-fno-sanitize-recover=undefined", root.appending(path: "Tests/DoorTests/Harness/\(name).c").path,
        ]
        for target in targets {
            let source = root.appending(path: "Shared/\(target)")
            arguments.append("-I" + source.appending(path: "include").path)
            arguments += try files.contentsOfDirectory(atPath: source.path).sorted().filter { $0.hasSuffix(".c") }
                .map { source.appending(path: $0).path }
        }
        let made = folder.appending(path: "\(name)-\(getpid())").path
        arguments += libraries.map { "-l" + $0 } + ["-o", made]
        let compiler = try Subprocess.run("/usr/bin/env", arguments)
        guard compiler.exitCode == 0 else { throw BuildError(description: compiler.output) }
        path = folder.appending(path: name).path
        // In place of what another process of tests may be running.
        guard rename(made, path) == 0 else { throw BuildError(description: "\(path) can't be written") }
    }
}
