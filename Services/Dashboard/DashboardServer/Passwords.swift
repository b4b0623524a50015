import Glibc
import ServiceKit

/// What a caller may do.
public enum Role: String, Sendable, CaseIterable {
    /// Looks.
    case viewer
    /// Looks, and gives commands.
    case `operator`
}

/// The passwords of the two people that may log in, as scrypt hashes in a file that only this user can read.
///
/// No password comes with the suite: where the file is missing, both are made up and written, as they are, into
/// `first-login` beside it, which goes with the operator's first login.
public struct Passwords {
    private var hashes: [Role: (salt: String, hash: String)] = [:]
    private let plainPath: String

    /// Why the file can't be used.
    public struct Trouble: Error, CustomStringConvertible {
        public let description: String
    }

    /// `folder` is made when it is missing.
    public init(folder: String) throws(Trouble) {
        let path = "\(folder)/passwords"
        plainPath = "\(folder)/first-login"
        makeFolder(of: path)
        if let bytes = readFile(path) {
            read(String(decoding: bytes, as: UTF8.self))
            guard hashes.count == Role.allCases.count else {
                throw Trouble(description: "\(path) lacks the viewer or the operator; remove it for new passwords")
            }
            return
        }
        guard errno == ENOENT else {
            throw Trouble(description: "can't read \(path): \(String(cString: strerror(errno)))")
        }
        var lines = "", plain = ""
        for role in Role.allCases {
            let password = Secrets.random(byteCount: 10), salt = Secrets.random(byteCount: 16)
            let hash = Secrets.scrypt(password, salt: salt)
            hashes[role] = (salt, hash)
            lines += "\(role.rawValue) \(salt) \(hash)\n"
            plain += "\(role.rawValue) \(password)\n"
        }
        // The plain ones first: hashes of passwords that nobody was told would be of no use.
        unlink(plainPath)
        guard writePrivateFile(plain, to: plainPath), writePrivateFile(lines, to: path) else {
            throw Trouble(description: "can't write into \(folder): \(String(cString: strerror(errno)))")
        }
    }

    private mutating func read(_ text: String) {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            guard words.count == 3, let role = Role(rawValue: words[0]) else { continue }
            hashes[role] = (words[1], words[2])
        }
    }

    public func isRight(_ password: String, of role: Role) -> Bool {
        guard let known = hashes[role] else { return false }
        return Secrets.areEqual(Secrets.scrypt(password, salt: known.salt), known.hash)
    }

    /// The file of the passwords as they are; nil once the operator has logged in.
    public var plainFile: String? { access(plainPath, F_OK) == 0 ? plainPath : nil }

    public func removePlainFile() { unlink(plainPath) }
}
