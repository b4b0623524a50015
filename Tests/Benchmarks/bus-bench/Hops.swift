import ServiceKit
import SignalContracts
import StreamBus
import TradingPrimitives

/// One hop of the real host. Input and output kinds come from the environment.
func runHop(_ arguments: [String]) {
    let context = ServiceContext.start("bus-probe", purpose: "passes numbers on", arguments: arguments)
    let isShared = context.configure { section throws(ConfigurationError) in
        try section.bool("shared", default: false)
    }
    let input = environment("BUS_PROBE_INPUT").flatMap { StreamKind(rawValue: $0) } ?? .trade
    let output = environment("BUS_PROBE_OUTPUT").flatMap { StreamKind(rawValue: $0) } ?? .signal
    // The input type names md.trade; for another stream they are given by hand, and can't be shared.
    let streams = input == .trade ? nil : context.settings.symbols.map { StreamName(input, $0) }
    let host = ProcessorHost(context, sharing: isShared ? .symbols : .none, start: .beginning, streams: streams) {
        PerSymbol { _ in ProbeProcessor(output: output) }
    }
    host.run().exit()
}

/// One hop with nothing but the commands: XREADGROUP BLOCK, then XADD and XACK in one write.
func runFloor(_ arguments: [String]) {
    guard arguments.count == 3, let address = RedisAddress("unix://" + arguments[0]) else {
        complain("usage: bus-bench floor SOCKET IN OUT")
        ExitCode.configuration.exit()
    }
    do throws(RedisError) {
        try passOn(try RedisClient(address, timeoutMs: 600_000), Array(arguments[1].utf8), Array(arguments[2].utf8))
    } catch {
        ExitCode.failure.exit()
    }
}

private func passOn(_ client: RedisClient, _ input: [UInt8], _ output: [UInt8]) throws(RedisError) {
    var read = CommandBuffer()
    read.begin("XREADGROUP", arguments: 11)
    for word in ["GROUP", "floor", "floor-1", "COUNT", "256", "BLOCK", "0", "STREAMS"] { read.add(word) }
    read.add(input)
    read.add(">")
    var write = CommandBuffer()
    var fields = Fields()
    while true {
        try client.send(read)
        let reply = try client.receive()
        guard reply.elementCount(RedisReply.root) > 0 else { continue }
        write.removeAll()
        var node = 4
        for _ in 0..<reply.elementCount(3) {
            guard let id = reply.id(node + 1), reply.read(node + 2, into: &fields) else { return }
            write.xadd(output, fields)
            write.begin("XACK", arguments: 4)
            write.add(input)
            write.add("floor")
            write.add(id)
            node = reply.after(node)
        }
        try client.send(write)
        for _ in 0..<write.commandCount { _ = try client.receive() }
    }
}
