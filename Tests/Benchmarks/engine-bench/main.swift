import ServiceKit

// The services' own cost, without streams: each indicator beside TA-Lib, each processor's time and allocations an event, the
// executor's journal records, the suite in one thread, and how long technical-engine and regime-filter take to read a day again.
//   engine-bench [all | indicators | processors | suite | replay] [PYTHON with TA-Lib]
// Exits with 1 when something allocates more than its budget.
let part = CommandLine.arguments.dropFirst().first ?? "all"
let python = CommandLine.arguments.dropFirst(2).first
var isWithinBudget = true
if ["all", "indicators"].contains(part) { isWithinBudget = measureIndicators(python: python) && isWithinBudget }
if ["all", "processors"].contains(part) { isWithinBudget = try measureProcessors() && isWithinBudget }
if ["all", "suite"].contains(part) { measureSuite(minutes: 10) }
if ["all", "replay"].contains(part) { isWithinBudget = measureReplay() && isWithinBudget }
if !isWithinBudget {
    print("engine-bench: more allocations than the budget")
    ExitCode.failure.exit()
}
