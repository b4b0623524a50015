public import ServiceKit

/// Where the dashboard is reached, by whom, and where its files are: the section `dashboard`.
public struct DashboardSettings {
    /// An IPv4 address to listen at.
    let host: String
    let port: Int
    /// Names that it is reached by besides loopback: `https://vortex.example`, of a proxy that speaks TLS.
    let origins: [String]
    /// Whether nobody can listen on the way: a container's network that is published on loopback alone.
    let isTrustedNetwork: Bool
    /// Of the pages.
    let webFolder: String
    /// The file of the chart library.
    let chartLibrary: String
    /// Of `passwords` and `first-login`.
    let passwordFolder: String
    /// What machines log in with; nil keeps them out.
    let secret: String?
    let machineRole: Role

    public init(_ section: ConfigurationSection) throws(ConfigurationError) {
        host = try section.string("host", default: "127.0.0.1")
        port = try section.int("port", default: 8080, in: 0...65_535)
        origins = try section.strings("origins", default: [])
        for origin in origins {
            let parts = origin.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 3, ["http:", "https:"].contains(parts[0]), parts[1].isEmpty, !parts[2].isEmpty else {
                throw section.error("origins", "'\(origin)' is not like https://vortex.example")
            }
        }
        isTrustedNetwork = try section.bool("trusted_network", default: false)
        webFolder = try section.string("web", default: "Services/Dashboard/web")
        chartLibrary = try section.string("chart_library", default: ".build/web/lightweight-charts.js")
        passwordFolder = try section.string("passwords", default: "var/dashboard")
        secret = try section.secret("secret")
        if let secret, secret.utf8.count < 16 { throw section.error("secret", "must have 16 characters at least") }
        machineRole = try section.word("machine_role", default: .viewer)
    }

    /// Whether others could listen to what passes.
    var isExposed: Bool {
        !host.hasPrefix("127.") && !isTrustedNetwork && !origins.contains { $0.hasPrefix("https://") }
    }
}
