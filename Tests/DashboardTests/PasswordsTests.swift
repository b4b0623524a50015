import Foundation
import Testing
import WebServer

@testable import DashboardServer

struct PasswordsTests {
    private let folder = NSTemporaryDirectory() + "vortex7-passwords-\(UUID().uuidString)/new"

    private func plain() throws -> [String: String] {
        let text = try String(contentsOfFile: "\(folder)/first-login", encoding: .utf8)
        let lines = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        return Dictionary(uniqueKeysWithValues: lines.map { ($0[0], $0[1]) })
    }

    private func mode(_ name: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")[.posixPermissions] as? Int
    }

    @Test func `the first start makes passwords that open, are kept as hashes, and can be forgotten`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let made = try Passwords(folder: folder)
        let known = try plain()
        #expect(made.plainFile == "\(folder)/first-login")
        #expect(try mode("passwords") == 0o600 && mode("first-login") == 0o600)
        let kept = try String(contentsOfFile: "\(folder)/passwords", encoding: .utf8)
        for role in Role.allCases {
            let password = try #require(known[role.rawValue])
            #expect(password.count == 20 && !kept.contains(password))
            #expect(made.isRight(password, of: role) && !made.isRight(password + " ", of: role))
        }
        #expect(!made.isRight(try #require(known["viewer"]), of: .operator))

        let again = try Passwords(folder: folder)
        #expect(again.isRight(try #require(known["operator"]), of: .operator))
        again.removePlainFile()
        #expect(again.plainFile == nil && made.plainFile == nil)
        #expect(try Passwords(folder: folder).isRight(try #require(known["viewer"]), of: .viewer))
    }

    @Test func `a file that lacks someone stops the start`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        _ = try Passwords(folder: folder)
        try "viewer 00 00\n".write(toFile: "\(folder)/passwords", atomically: true, encoding: .utf8)
        #expect(throws: Passwords.Trouble.self) { try Passwords(folder: folder) }
    }
}

struct SecretsTests {
    @Test func `scrypt is that of RFC 7914 at our strength`() {
        // hashlib.scrypt(b"password", salt=b"NaCl", n=32768, r=8, p=1, dklen=32, maxmem=64 << 20)
        #expect(
            Secrets.scrypt("password", salt: "NaCl")
                == "3fa85118fffe9732da7f4c63ef61f5c6458144d036401f8829dd4e5b2c50c51f")
    }

    @Test func `base64 gives the bytes back`() {
        #expect(Encoding.bytes(base64: "bWFjaGluZTpz")?.elementsEqual("machine:s".utf8) == true)
        #expect(Encoding.bytes(base64: "bWFjaGluZTo=")?.elementsEqual("machine:".utf8) == true)
        #expect(Encoding.bytes(base64: "bWF") == nil && Encoding.bytes(base64: "") == nil)
    }
}
