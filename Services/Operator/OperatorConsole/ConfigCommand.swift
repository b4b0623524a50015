import Glibc
import ServiceKit
import SignalContracts
import WebClient

extension Console {
    func config() -> ExitCode {
        switch invocation.arguments.first {
        case "check": return check()
        case "show", nil:
            if invocation.isEffective { return showEffective() }
            print(invocation.isJSON ? json(configuration.flat(redacted: true)).line : configuration.redacted)
            return .success
        case "diff":
            guard invocation.arguments.count == 2 else { Invocation.refuse("config diff needs a file") }
            return differ(from: invocation.arguments[1])
        case .some(let word): Invocation.refuse("config knows check, show and diff, not '\(word)'")
        }
    }

    private func check() -> ExitCode {
        let foreign = ForeignSettings.found(environment)
        for error in foreign { complain("vortexctl: \(error)") }
        guard foreign.isEmpty else { return .configuration }
        var wrong: [String] = []
        let services = Services.programs + (hasTelegram ? ["notifier"] : [])
        for service in services {
            let arguments = invocation.files.flatMap { ["-c", $0] } + ["--check"]
            let code = ChildRun.run(ChildRun.companion(service), arguments)
            if code != 0 { wrong.append(service) }
            let json = JSONNode.object([("service", .text(service)), ("ok", .bool(code == 0))])
            if invocation.isJSON { print(json.line) }
        }
        if !invocation.isJSON {
            print(
                wrong.isEmpty
                    ? "all \(services.count) services accept it"
                        + (hasTelegram ? "" : "; the notifier is not asked: there is no token")
                    : "refused by \(wrong.joined(separator: ", "))")
        }
        return wrong.isEmpty ? .success : .configuration
    }

    /// Each setting of each service, as its own program reads it. What several share is told once.
    private func showEffective() -> ExitCode {
        let services = Services.programs + ["dashboard"] + (hasTelegram ? ["notifier"] : [])
        var table = Table(), seen: Set<String> = []
        table.add("setting", "value", "default", "may be")
        for service in services {
            let arguments = invocation.files.flatMap { ["-c", $0] } + ["--settings"]
            guard let text = ChildRun.text(of: ChildRun.companion(service), arguments) else {
                complain("vortexctl: \(service) refuses the configuration")
                return .configuration
            }
            for line in text.split(separator: "\n") {
                guard let setting = try? JSONValue(Array(line.utf8)), let path = setting["path"]?.text,
                    seen.insert(path).inserted
                else { continue }
                if invocation.isJSON {
                    print(line)
                } else {
                    let value = setting["value"]?.text, usual = setting["default"]?.text
                    table.add(path, value ?? "–", value == usual ? "" : usual ?? "–", setting["form"]?.text ?? "")
                }
            }
        }
        if !invocation.isJSON { print(table.text) }
        return .success
    }

    /// The notifier is started only where it has a token.
    private var hasTelegram: Bool {
        do throws(ConfigurationError) {
            let top = ConfigurationSection(configuration, expand: environment)
            return try top.section("notifier").secret("token") != nil
        } catch {
            return true  // It says itself what is wrong.
        }
    }

    private func differ(from file: String) -> ExitCode {
        let other: ConfigurationNode
        do throws(ConfigurationError) {
            other = configuration.merged(with: try ConfigurationFiles.load([file]))
        } catch {
            complain("vortexctl: \(error)")
            return .configuration
        }
        let old = configuration.flat(redacted: true), new = other.flat(redacted: true)
        var paths = old.map(\.path)
        for item in new where !paths.contains(item.path) { paths.append(item.path) }
        var table = Table()
        for path in paths {
            let was = old.first { $0.path == path }?.value, becomes = new.first { $0.path == path }?.value
            guard was != becomes else { continue }
            table.add(path, was ?? "(default)", "->", becomes ?? "(default)")
            let json = JSONNode.object([
                ("path", .text(path)), ("old", .optional(was)), ("new", .optional(becomes)),
            ])
            if invocation.isJSON { print(json.line) }
        }
        if !invocation.isJSON { print(table.text.isEmpty ? "nothing would change" : table.text) }
        return .success
    }

    private func json(_ items: [(path: String, value: String)]) -> JSONNode {
        .object(items.map { ($0.path, .text($0.value)) })
    }
}

extension ConfigurationNode {
    /// All scalars by their path; secrets as stars.
    func flat(redacted: Bool, path: String = "") -> [(path: String, value: String)] {
        switch content {
        case .none: return [(path, "")]
        case .scalar(let text):
            let key = path.split(separator: ".").last.map(String.init) ?? ""
            let isSecret = ["password", "secret", "key", "token"].contains { key.contains($0) }
            return [(path, redacted && isSecret && !text.isEmpty ? "***" : text)]
        case .list(let nodes):
            return [(path, nodes.flatMap { $0.flat(redacted: redacted) }.map(\.value).joined(separator: ", "))]
        case .map(let entries):
            return entries.flatMap {
                $0.node.flat(redacted: redacted, path: path.isEmpty ? $0.key : path + "." + $0.key)
            }
        }
    }
}
