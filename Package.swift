// swift-tools-version: 6.2
import PackageDescription

/// Layers of the house, lowest first. A target may use only what lies below it (adapters also each other, as ServiceKit
/// uses StreamBus); the manifest refuses to load otherwise. `docs/architecture.md` draws the same picture.
enum Layer: Int {
    case c, value, contract, core, adapter, service
}

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"), .treatAllWarnings(as: .error),
]

var layerOf: [String: Layer] = [:]
var targets: [Target] = []

@MainActor func place(_ name: String, _ layer: Layer, uses: [String]) {
    for use in uses {
        guard let below = layerOf[use] else { preconditionFailure("\(name) uses \(use), which is declared after it") }
        precondition(
            below.rawValue < layer.rawValue || (layer == .adapter && below == .adapter),
            "\(name) (\(layer)) may not use \(use) (\(below))")
    }
    layerOf[name] = layer
}

/// A C library of the system: a module map and a shim header.
@MainActor func system(_ name: String, pkgConfig: String? = nil, apt: String) {
    place(name, .c, uses: [])
    targets.append(.systemLibrary(name: name, path: "Shared/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])]))
}

/// C code of ours around a C library.
@MainActor func shim(_ name: String, links: [String] = []) {
    place(name, .c, uses: [])
    targets.append(.target(name: name, path: "Shared/\(name)", linkerSettings: links.map { .linkedLibrary($0) }))
}

@MainActor func module(_ name: String, _ layer: Layer, in folder: String, uses: [String] = []) {
    place(name, layer, uses: uses)
    targets.append(
        .target(
            name: name, dependencies: uses.map { .init(stringLiteral: $0) }, path: "\(folder)/\(name)",
            swiftSettings: strict))
}

@MainActor func executable(_ name: String, in folder: String, uses: [String]) {
    place(name, .service, uses: uses)
    targets.append(
        .executableTarget(
            name: name, dependencies: uses.map { .init(stringLiteral: $0) }, path: "\(folder)/\(name)",
            swiftSettings: strict))
}

@MainActor func tests(_ name: String, of uses: [String], excluding: [String] = []) {
    targets.append(
        .testTarget(
            name: name, dependencies: uses.map { .init(stringLiteral: $0) }, path: "Tests/\(name)", exclude: excluding,
            swiftSettings: strict))
}

// Values and contracts
module("TradingPrimitives", .value, in: "Shared")
module("SignalContracts", .contract, in: "Shared", uses: ["TradingPrimitives"])

module("Hosting", .core, in: "Shared", uses: ["SignalContracts", "TradingPrimitives"])
module("Indicators", .contract, in: "Shared", uses: ["TradingPrimitives"])
module("Venue", .contract, in: "Shared", uses: ["TradingPrimitives"])

// Processors: one library a service
let processing = ["TradingPrimitives", "SignalContracts", "Indicators"]
module("OrderFlow", .core, in: "Services/OrderFlowEngine", uses: processing)
module("TickFlow", .core, in: "Services/TickEngine", uses: processing)
module("Technical", .core, in: "Services/TechnicalEngine", uses: processing)
module("Regime", .core, in: "Services/RegimeFilter", uses: processing)

module("Sentiment", .core, in: "Services/SentimentEngine", uses: processing)
module("Decisions", .core, in: "Services/DecisionEngine", uses: processing)
module("DataHub", .core, in: "Services/DataHub", uses: ["TradingPrimitives", "SignalContracts"])
module("Risk", .core, in: "Services/RiskManager", uses: processing)
module("Notices", .core, in: "Services/Notifier", uses: ["TradingPrimitives", "SignalContracts"])
module("Learning", .core, in: "Services/Learner", uses: [])
module("Execution", .core, in: "Services/Executor", uses: ["TradingPrimitives", "SignalContracts", "Venue"])

// C libraries
system("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev")
shim("CHiredis", links: ["hiredis", "ssl", "crypto"])
system("CLinux", apt: "libc6-dev")
system("CYaml", apt: "libyaml-dev")
system("CCurl", apt: "libcurl4-openssl-dev")
system("COpenSSL", apt: "libssl-dev")
shim("CWebSocketClient", links: ["websockets"])

system("CLibpq", pkgConfig: "libpq", apt: "libpq-dev")

// Adapters
module("Journal", .adapter, in: "Shared", uses: ["CLinux", "CZlib"])
module("StreamBus", .adapter, in: "Shared", uses: ["CHiredis", "Hosting", "SignalContracts", "TradingPrimitives"])
module(
    "ServiceKit", .adapter, in: "Shared",
    uses: ["CLinux", "CYaml", "Hosting", "SignalContracts", "StreamBus", "TradingPrimitives"])

// What clients of web servers need: HTTP, WebSocket, JSON, signatures
module(
    "WebClient", .adapter, in: "Shared",
    uses: ["CCurl", "COpenSSL", "CWebSocketClient", "ServiceKit", "TradingPrimitives"])
module(
    "BinanceFutures", .adapter, in: "Shared",
    uses: ["ServiceKit", "SignalContracts", "TradingPrimitives", "Venue", "WebClient"])

// Services
executable(
    "data-hub", in: "Services/DataHub",
    uses: [
        "BinanceFutures", "DataHub", "ServiceKit", "SignalContracts", "StreamBus", "TradingPrimitives", "WebClient",
    ])

module("Ledger", .adapter, in: "Shared", uses: ["CLibpq", "SignalContracts", "TradingPrimitives"])

// Services: one executable each
let hosting = ["SignalContracts", "ServiceKit", "TradingPrimitives"]
executable("order-flow-engine", in: "Services/OrderFlowEngine", uses: hosting + ["OrderFlow"])
executable("tick-engine", in: "Services/TickEngine", uses: hosting + ["TickFlow"])
executable("technical-engine", in: "Services/TechnicalEngine", uses: hosting + ["Indicators", "Technical"])
executable("regime-filter", in: "Services/RegimeFilter", uses: hosting + ["Regime"])

executable("sentiment-engine", in: "Services/SentimentEngine", uses: hosting + ["Sentiment"])
executable("decision-engine", in: "Services/DecisionEngine", uses: hosting + ["Decisions"])
executable("risk-manager", in: "Services/RiskManager", uses: hosting + ["Journal", "Risk"])
executable(
    "executor", in: "Services/Executor",
    uses: hosting + ["BinanceFutures", "Execution", "Hosting", "Journal", "StreamBus", "Venue", "WebClient"])
executable("trade-recorder", in: "Services/TradeRecorder", uses: hosting + ["Ledger", "StreamBus"])

executable("learner", in: "Services/Learner", uses: hosting + ["Hosting", "Learning", "Ledger", "StreamBus"])

// The operator's command line
module(
    "OperatorConsole", .adapter, in: "Services/Operator",
    uses: hosting + ["BinanceFutures", "Hosting", "Journal", "Ledger", "StreamBus", "WebClient"])
executable("vortexctl", in: "Services/Operator", uses: ["OperatorConsole", "ServiceKit"])

executable(
    "notifier", in: "Services/Notifier",
    uses: hosting + ["Notices", "OperatorConsole", "StreamBus", "WebClient"])

// What serves browsers and the simulator's clients
shim("CWebSocketServer", links: ["crypto"])
module("WebServer", .adapter, in: "Shared", uses: ["COpenSSL", "CWebSocketServer"])

module(
    "DashboardServer", .adapter, in: "Services/Dashboard",
    uses: hosting + [
        "COpenSSL", "CWebSocketServer", "CZlib", "Ledger", "OperatorConsole", "StreamBus", "WebClient", "WebServer",
    ])
executable("dashboard", in: "Services/Dashboard", uses: ["DashboardServer", "ServiceKit"])

// The exchange simulator: the venue (pure), its server on loopback, its command
shim("CTlsServer", links: ["ssl", "crypto"])
module("ExchangeSimulator", .core, in: "Services/ExchangeSimulator", uses: ["TradingPrimitives"])
module(
    "ExchangeSimulatorServer", .adapter, in: "Services/ExchangeSimulator",
    uses: [
        "COpenSSL", "CTlsServer", "CWebSocketServer", "CZlib", "ExchangeSimulator", "TradingPrimitives", "WebServer",
    ])
executable(
    "exchange-simulator", in: "Services/ExchangeSimulator",
    uses: ["ExchangeSimulator", "ExchangeSimulatorServer", "TradingPrimitives"])

// An engine that somebody else could have written
executable("three-candles", in: "docs/examples", uses: hosting)

// The suite in one process: typed messages, virtual time
module(
    "InProcessSuite", .adapter, in: "Services/InProcessSuite",
    uses: [
        "Decisions", "Hosting", "OrderFlow", "Regime", "Risk", "Sentiment", "SignalContracts", "Technical", "TickFlow",
        "TradingPrimitives",
    ])

// Tests and benchmarks
module(
    "RedisTestSupport", .adapter, in: "Tests",
    uses: ["ServiceKit", "SignalContracts", "StreamBus", "TradingPrimitives"])
place("TestSupport", .adapter, uses: ["SignalContracts", "TradingPrimitives"])
targets.append(
    .target(
        name: "TestSupport", dependencies: ["SignalContracts", "TradingPrimitives"], path: "Tests/Support",
        swiftSettings: strict))
// A TLS client whose bytes a test may lose, cut and invent.
place("CTlsTalk", .c, uses: [])
targets.append(
    .target(
        name: "CTlsTalk", path: "Tests/Fuzz/CTlsTalk",
        linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]))
// Fuzzing: the targets are read by an ordinary test too; libFuzzer's own program is built by Tests/Fuzz/run.sh.
place("FuzzTargets", .adapter, uses: ["Execution", "SignalContracts", "TradingPrimitives"])
targets.append(
    .target(
        name: "FuzzTargets",
        dependencies: [
            "BinanceFutures", "CHiredis", "COpenSSL", "CTlsServer", "CTlsTalk", "CWebSocketClient", "CWebSocketServer",
            "ExchangeSimulator", "ExchangeSimulatorServer", "Execution", "SignalContracts", "TestSupport",
            "TradingPrimitives", "Venue", "WebServer",
        ], path: "Tests/Fuzz/FuzzTargets", swiftSettings: strict))
if Context.environment["VORTEX7_FUZZ"] != nil {
    executable("fuzz", in: "Tests/Fuzz", uses: ["FuzzTargets"])
}
place("CMallocCount", .c, uses: [])
targets.append(.target(name: "CMallocCount", path: "Tests/Benchmarks/CMallocCount"))
executable(
    "bus-bench", in: "Tests/Benchmarks",
    uses: ["RedisTestSupport", "ServiceKit", "SignalContracts", "StreamBus", "TradingPrimitives"])
executable(
    "pipeline-bench", in: "Tests/Benchmarks",
    uses: ["RedisTestSupport", "ServiceKit", "SignalContracts", "StreamBus", "TradingPrimitives"])
executable(
    "protect-bench", in: "Tests/Benchmarks",
    uses: [
        "BinanceFutures", "RedisTestSupport", "ServiceKit", "SignalContracts", "StreamBus", "TradingPrimitives",
        "WebClient",
    ])
executable(
    "market-probe", in: "Tests/Benchmarks",
    uses: ["ExchangeSimulator", "Regime", "Sentiment", "SignalContracts", "TickFlow", "TradingPrimitives"])
executable(
    "venue-bench", in: "Tests/Benchmarks",
    uses: ["BinanceFutures", "ServiceKit", "SignalContracts", "TradingPrimitives", "WebClient"])
executable(
    "hub-bench", in: "Tests/Benchmarks",
    uses: [
        "BinanceFutures", "DataHub", "Hosting", "RedisTestSupport", "ServiceKit", "SignalContracts", "StreamBus",
        "TradingPrimitives",
    ])
module(
    "FaultSimulation", .adapter, in: "Tests/Simulation",
    uses: [
        "BinanceFutures", "DataHub", "Decisions", "ExchangeSimulator", "Execution", "InProcessSuite", "OrderFlow",
        "Regime", "Risk", "Sentiment", "SignalContracts", "Technical", "TickFlow", "TradingPrimitives", "Venue",
        "WebClient",
    ])
executable("simulate", in: "Tests/Simulation", uses: ["FaultSimulation"])
executable(
    "engine-bench", in: "Tests/Benchmarks",
    uses: [
        "CMallocCount", "Decisions", "Execution", "FaultSimulation", "InProcessSuite", "Indicators", "OrderFlow",
        "RedisTestSupport", "Regime", "Risk", "Sentiment", "ServiceKit", "SignalContracts", "StreamBus", "Technical",
        "TestSupport", "TickFlow", "TradingPrimitives", "Venue",
    ])
tests(
    "InProcessSuiteTests",
    of: [
        "Decisions", "FaultSimulation", "InProcessSuite", "OrderFlow", "Risk", "SignalContracts", "TradingPrimitives",
    ])
tests(
    "BinanceFuturesTests",
    of: [
        "BinanceFutures", "RedisTestSupport", "ServiceKit", "SignalContracts", "TradingPrimitives", "Venue",
        "WebClient",
    ])
tests("WebClientTests", of: ["RedisTestSupport", "ServiceKit", "WebClient"])
tests(
    "VenueConversationTests",
    of: [
        "BinanceFutures", "RedisTestSupport", "ServiceKit", "SignalContracts", "StreamBus", "TestSupport",
        "TradingPrimitives", "Venue", "WebClient", "data-hub", "exchange-simulator",
    ])
tests("DataHubTests", of: ["DataHub", "SignalContracts", "TradingPrimitives"])
tests(
    "ExtremesTests",
    of: [
        "BinanceFutures", "DataHub", "Decisions", "Execution", "Notices", "OrderFlow", "Regime", "Risk", "Sentiment",
        "SignalContracts", "Technical", "TestSupport", "TickFlow", "TradingPrimitives", "Venue", "WebClient",
    ])
tests("HostingTests", of: ["Hosting", "SignalContracts", "TradingPrimitives"])
tests("StreamBusTests", of: ["Hosting", "RedisTestSupport", "SignalContracts", "StreamBus", "TradingPrimitives"])
tests(
    "ServiceKitTests",
    of: ["Hosting", "RedisTestSupport", "ServiceKit", "SignalContracts", "StreamBus", "TradingPrimitives", "bus-bench"])
tests("ExecutionTests", of: ["Execution", "SignalContracts", "TradingPrimitives", "Venue"])
tests("JournalTests", of: ["Journal", "TradingPrimitives"])
tests("IndicatorsTests", of: ["Indicators", "TestSupport", "TradingPrimitives"])
tests("LedgerTests", of: ["Ledger", "SignalContracts", "TradingPrimitives"])
tests(
    "IntegrationTests",
    of: [
        "BinanceFutures", "Journal", "Ledger", "RedisTestSupport", "SignalContracts", "StreamBus", "TestSupport",
        "TradingPrimitives",
    ])
tests("TidyTests", of: ["TestSupport"])
tests("FuzzTests", of: ["FuzzTargets", "TradingPrimitives"])
tests(
    "DoorTests", of: ["CTlsTalk", "RedisTestSupport", "TestSupport", "dashboard", "exchange-simulator"],
    excluding: ["Harness"])
tests("DecisionsTests", of: ["Decisions", "SignalContracts", "TradingPrimitives"])
tests("LearningTests", of: ["Learning"])
tests("NoticesTests", of: ["Notices", "SignalContracts", "TradingPrimitives"])
tests("DashboardTests", of: ["DashboardServer", "WebServer"])
tests("RiskTests", of: ["Risk", "SignalContracts", "TradingPrimitives"])
tests("OrderFlowTests", of: ["OrderFlow", "TestSupport", "SignalContracts", "TradingPrimitives"])
tests("TechnicalTests", of: ["Indicators", "Technical", "TestSupport", "SignalContracts", "TradingPrimitives"])
tests("RegimeTests", of: ["Indicators", "Regime", "TestSupport", "SignalContracts", "TradingPrimitives"])

tests("SentimentTests", of: ["Sentiment", "TestSupport", "SignalContracts", "TradingPrimitives"])
tests("TickFlowTests", of: ["TickFlow", "TestSupport", "SignalContracts", "TradingPrimitives"])
tests(
    "ExchangeSimulatorTests",
    of: ["ExchangeSimulator", "ExchangeSimulatorServer", "TestSupport", "TradingPrimitives", "exchange-simulator"])
tests("TradingPrimitivesTests", of: ["TradingPrimitives"])
tests("SignalContractsTests", of: ["SignalContracts", "TestSupport", "TradingPrimitives"], excluding: ["Golden"])

let package = Package(name: "vortex7", targets: targets)
