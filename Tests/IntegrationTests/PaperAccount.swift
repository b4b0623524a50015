import BinanceFutures
import Foundation
import TestSupport
import TradingPrimitives

/// The suite's account at the simulated venue, used by hand as its owner might.
struct PaperAccount {
    private let signer: Signer
    private let url: String

    init?(_ url: String) {
        guard let signer = Signer(apiKey: "paper-key", secret: "paper-secret") else { return nil }
        self.signer = signer
        self.url = url
    }

    /// What the venue answers to a signed request.
    func ask(_ method: String, _ path: String, _ query: String = "") throws -> Any {
        let time = "recvWindow=10000&timestamp=\(Int64(Date().timeIntervalSince1970 * 1000))"
        let text = query.isEmpty ? time : "\(query)&\(time)"
        let result = try Subprocess.run(
            "/usr/bin/curl",
            [
                "-s", "--max-time", "5", "-X", method, "-H", "X-MBX-APIKEY: \(signer.apiKey)",
                "\(url)\(path)?\(text)&signature=\(signer.signature(of: text))",
            ])
        return try JSONSerialization.jsonObject(with: Data(result.output.utf8), options: .fragmentsAllowed)
    }

    /// Buys at the market.
    func buy(_ symbol: String, _ quantity: String) throws {
        _ = try ask("POST", "/fapi/v1/order", "symbol=\(symbol)&side=BUY&type=MARKET&quantity=\(quantity)")
    }

    func sell(_ symbol: String, _ quantity: String) throws {
        _ = try ask("POST", "/fapi/v1/order", "symbol=\(symbol)&side=SELL&type=MARKET&quantity=\(quantity)")
    }

    /// What is held, with the venue's sign.
    func held(_ symbol: String) throws -> Double {
        let rows = try ask("GET", "/fapi/v3/positionRisk", "symbol=\(symbol)") as? [[String: Any]] ?? []
        return rows.reduce(0) { $0 + (Double($1["positionAmt"] as? String ?? "") ?? 0) }
    }

    /// Client ids of the stops that wait at the venue.
    func stops(_ symbol: String) throws -> [String] {
        let rows = try ask("GET", "/fapi/v1/openAlgoOrders", "symbol=\(symbol)") as? [[String: Any]] ?? []
        return rows.compactMap { $0["clientAlgoId"] as? String }.sorted()
    }

    func cancelStops(_ symbol: String) throws { _ = try ask("DELETE", "/fapi/v1/algoOpenOrders", "symbol=\(symbol)") }

    /// Client ids of all orders that the venue has ever taken for the symbol.
    func orders(_ symbol: String) throws -> [String] {
        let rows = try ask("GET", "/fapi/v1/allOrders", "symbol=\(symbol)&limit=1000") as? [[String: Any]] ?? []
        return rows.compactMap { $0["clientOrderId"] as? String }
    }
}
