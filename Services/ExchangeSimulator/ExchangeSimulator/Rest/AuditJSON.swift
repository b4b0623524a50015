import TradingPrimitives

extension Exchange {
    /// Everything that happened to all accounts: the truth that clients' books are checked against.
    public func auditJSON() -> [UInt8] {
        json { json in
            json.object { json in
                json.put("serverTime", now)
                json.array("accounts") { json in
                    for account in accounts.indices { json.object { audit(account, &$0) } }
                }
            }
        }
    }

    private func audit(_ account: Int, _ json: inout JSONWriter) {
        let owner = accounts[account]
        json.put("account", owner.name)
        json.put("walletBalance", owner.wallet, decimals: 8)
        json.put("bnbBalance", owner.bnb, decimals: 8)
        json.object("totals") { json in
            json.put("TRANSFER", owner.totals[.transfer] ?? .zero, decimals: 8)
            json.put("REALIZED_PNL", owner.totals[.realizedProfit] ?? .zero, decimals: 8)
            json.put("COMMISSION", owner.totals[.commission] ?? .zero, decimals: 8)
            json.put("FUNDING_FEE", owner.totals[.funding] ?? .zero, decimals: 8)
            json.put("INSURANCE_CLEAR", owner.totals[.insurance] ?? .zero, decimals: 8)
        }
        json.array("positions") { json in
            for (index, position) in owner.positions.enumerated() where !position.isFlat {
                json.object {
                    $0.put("symbol", instruments[index].symbol.name)
                    $0.put("positionAmt", position.amount, decimals: instruments[index].quantityPrecision)
                    $0.put("cost", position.cost, decimals: 8)
                    $0.put("entryPrice", position.entryPrice)
                    $0.put("unrealizedProfit", position.unrealizedProfit(at: books[index].markPrice), decimals: 8)
                    $0.put("markPrice", books[index].markPrice, decimals: 8)
                }
            }
        }
        json.array("orders") { json in
            for order in orders where order.account == account {
                json.fullOrder(order, instruments[order.instrument])
            }
        }
        json.array("algoOrders") { json in
            for order in algoOrders where order.account == account { json.fullAlgo(order, self) }
        }
        json.array("fills") { json in
            for fill in owner.fills { json.userTrade(fill, instruments[fill.instrument]) }
        }
        json.array("funding") { json in
            for income in owner.incomes where income.type == .funding {
                json.object {
                    $0.put("symbol", income.instrument.map { instruments[$0].symbol.name } ?? "")
                    $0.put("income", income.amount, decimals: 8)
                    $0.put("time", income.time)
                }
            }
        }
    }
}

extension StreamHub {
    /// Frames sent so far, by stream name.
    public func writeSent(_ json: inout JSONWriter, _ instruments: [Instrument]) {
        let market = sentByStream.map { ($0.key.name(instruments), $0.value) }.sorted { $0.0 < $1.0 }
        json.array("sent") { json in
            for (name, count) in market + sentByUserEvent.sorted(by: { $0.key < $1.key }) {
                json.object {
                    $0.put("stream", name)
                    $0.put("frames", count)
                }
            }
        }
    }
}
