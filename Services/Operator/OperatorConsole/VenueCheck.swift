import BinanceFutures
import ServiceKit
import SignalContracts
import WebClient

extension Console {
    /// Whether the venue answers, how far its clock is from ours, and what the account's key may do.
    func checkVenue(_ report: inout DoctorReport) {
        let arguments = invocation.files.flatMap { ["-c", $0] }
        let context = ServiceContext.start("vortexctl", purpose: "", arguments: ["vortexctl"] + arguments)
        let venue = settings.venue
        let signer = venue.apiKey.flatMap { key in venue.apiSecret.flatMap { Signer(apiKey: key, secret: $0) } }
        guard let rest = RestClient(context, baseURL: venue.restURL, signer: signer) else {
            return report.add("venue", .bad, "libcurl does not start")
        }
        let time = VenueTime(context, rest)
        var isTold: Bool?
        time.synchronize { isTold = $0 }
        turn(context) { isTold != nil }
        guard isTold == true else {
            return report.add("venue", .bad, "\(venue.restURL) does not answer")
        }
        let offsetMs = context.venueClock.offsetMs()
        let isClose = settings.mode == .paper || abs(offsetMs) <= 1000
        report.add("venue", .good, "\(venue.restURL) answers in \(time.roundTripMs) ms")
        report.add("clock", isClose ? .good : .bad, "the venue's is \(offsetMs) ms ahead of ours")
        checkContracts(context, rest, &report)
        guard signer != nil else {
            return report.add("key", .bad, "venue.api_key and venue.api_secret are not set: nothing can be traded")
        }
        checkKey(context, rest, &report)
    }

    /// Whether the venue lists each configured contract, and with sizes and prices that fit.
    private func checkContracts(_ context: ServiceContext, _ rest: RestClient, _ report: inout DoctorReport) {
        var outcome: RestOutcome?
        rest.send(MarketRest.exchangeInfo()) { outcome = $0 }
        turn(context) { outcome != nil }
        guard case .success(let value)? = outcome else {
            return report.add("contracts", .bad, "exchangeInfo does not answer")
        }
        let flaws = MarketRest.listings(value, settings.symbols).compactMap { listing -> String? in
            if listing.status == "ABSENT" { return "\(listing.symbol) is not listed" }
            if let flaw = MarketRest.flaw(value, listing.symbol) { return "\(listing.symbol): \(flaw)" }
            if let kind = MarketRest.datedKind(value, listing.symbol) {
                return
                    "\(listing.symbol) is \(kind): it ends by itself and has no funding, and the suite is for perpetuals"
            }
            return listing.status == "TRADING" ? nil : "\(listing.symbol) is \(listing.status)"
        }
        report.add(
            "contracts", flaws.isEmpty ? .good : .bad,
            flaws.isEmpty ? "all \(settings.symbols.count) are traded" : flaws.joined(separator: "; "))
        for (one, other) in settings.alikeSymbols {
            report.add(
                "names", .poor, "decisions on \(one) and \(other) have names that begin alike: look at the contract too"
            )
        }
    }

    private func checkKey(_ context: ServiceContext, _ rest: RestClient, _ report: inout DoctorReport) {
        var outcome: RestOutcome?
        rest.send(RestRequest(.get, "/fapi/v1/accountConfig", security: .signed, weight: 5)) { outcome = $0 }
        turn(context) { outcome != nil }
        guard case .success(let value)? = outcome else {
            return report.add("key", .bad, "refused: \(outcome.map { "\($0)".prefix(120) } ?? "no answer")")
        }
        let canWithdraw = value["canWithdraw"]?.bool == true && settings.mode == .live
        let isHedge = value["dualSidePosition"]?.bool == true
        let canTrade = value["canTrade"]?.bool == true
        report.add(
            "key", canTrade && !canWithdraw ? .good : .bad,
            canWithdraw ? "may withdraw: make one that may not" : canTrade ? "may trade" : "may not trade")
        report.add("position mode", isHedge ? .bad : .good, isHedge ? "hedge: set one-way mode" : "one-way")
    }

    private func turn(_ context: ServiceContext, until isDone: () -> Bool) {
        let deadline = SystemClock.monotonicUs() + 6_000_000
        while !isDone(), SystemClock.monotonicUs() < deadline { context.reactor.poll(timeoutMs: 50) }
    }
}
