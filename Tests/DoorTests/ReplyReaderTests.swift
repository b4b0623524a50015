import Foundation
import TestSupport
import Testing

/// The C code that reads what Redis answers.
struct ReplyReaderTests {
    @Test func `the reader of Redis builds with hiredis 1 as with the one that is here, without a warning`() throws {
        let root = SharedData.packageRoot, reader = root.appending(path: "Shared/CHiredis")
        for headers in [[], ["-I" + root.appending(path: "Tests/DoorTests/Harness/hiredis-1").path]] {
            let compiler = try Subprocess.run(
                "/usr/bin/env",
                ["clang", "-std=gnu17", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"] + headers
                    + ["-I" + reader.appending(path: "include").path, reader.appending(path: "CHiredis.c").path])
            #expect(compiler.exitCode == 0, "\(headers): \(compiler.output)")
        }
    }
}
