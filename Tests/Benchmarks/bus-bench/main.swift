import ServiceKit
import SignalContracts
import StreamBus
import TradingPrimitives

// bus-bench hop -c FILE     one hop of the host; the section `executor` of the file is not read, its own keys are
//                           BUS_PROBE_INPUT and BUS_PROBE_OUTPUT in the environment
// bus-bench floor SOCKET IN OUT   one bare hop
// bus-bench chain [COUNT]   measures four hops of both kinds
switch CommandLine.arguments.dropFirst().first {
case "hop": runHop(Array(CommandLine.arguments.dropFirst()))
case "floor": runFloor(Array(CommandLine.arguments.dropFirst(2)))
case "chain": runChain(CommandLine.arguments.dropFirst(2).first.flatMap { Int($0) } ?? 4000)
default:
    complain("usage: bus-bench chain [COUNT] | hop -c FILE | floor SOCKET IN OUT")
    ExitCode.configuration.exit()
}
