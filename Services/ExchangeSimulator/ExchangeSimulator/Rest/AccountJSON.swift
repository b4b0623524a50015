import TradingPrimitives

extension Exchange {
    /// `isFull`: the answer of version 2, with every contract and its settings; version 3 tells only what is held.
    func account(_ call: RestCall, isFull: Bool) throws(Refusal) -> [UInt8] {
        let account = try call.owner()
        let summary = marginSummary(account)
        let time = accounts[account].updateTime
        return json { json in
            json.object { json in
                if isFull {
                    json.accountFlags()
                    json.put("feeBurn", accounts[account].isBurning)
                    json.put("tradeGroupId", -1)
                    json.put("updateTime", 0)
                    json.put("multiAssetsMargin", false)
                }
                json.totals(summary)
                json.array("assets") { json in
                    json.object { json in
                        json.put("asset", "USDT")
                        json.assetMargins(summary)
                        if isFull { json.put("marginAvailable", true) }
                        json.put("updateTime", time)
                    }
                }
                json.array("positions") { json in
                    for index in shownContracts(account, isFull: isFull) {
                        json.object { accountPosition(account, index, isFull: isFull, &$0) }
                    }
                }
            }
        }
    }

    /// All contracts, or those with a position or an open order.
    private func shownContracts(_ account: Int, isFull: Bool) -> [Int] {
        books.indices.filter { index in
            if isFull || !accounts[account].positions[index].isFlat { return true }
            return (books[index].restingBuys + books[index].restingSells).contains { id in
                self.index(ofOrder: id).map { orders[$0].account == account } ?? false
            }
        }
    }

    private func accountPosition(_ account: Int, _ index: Int, isFull: Bool, _ json: inout JSONWriter) {
        let position = accounts[account].positions[index]
        let instrument = instruments[index]
        let mark = books[index].markPrice
        let margin = margin(account, index)
        let profit = position.unrealizedProfit(at: mark)
        json.put("symbol", instrument.symbol.name)
        json.put("positionSide", "BOTH")
        json.put("positionAmt", position.amount, decimals: instrument.quantityPrecision)
        json.put("unrealizedProfit", profit, decimals: 8)
        json.put("isolatedMargin", position.isIsolated ? position.isolatedWallet + profit : .zero, decimals: 8)
        json.put("notional", position.notional(at: mark), decimals: 8)
        json.put("isolatedWallet", position.isolatedWallet, decimals: 8)
        json.put("initialMargin", margin.position + margin.orders, decimals: 8)
        json.put("maintMargin", margin.maintenance, decimals: 8)
        if isFull {
            json.put("positionInitialMargin", margin.position, decimals: 8)
            json.put("openOrderInitialMargin", margin.orders, decimals: 8)
            json.put("leverage", String(position.leverage))
            json.put("isolated", position.isIsolated)
            json.put("entryPrice", position.entryPrice)
            json.put("breakEvenPrice", position.breakEvenPrice)
            json.put("maxNotional", instrument.maxNotional(leverage: position.leverage))
            json.put("bidNotional", margin.bidNotional)
            json.put("askNotional", margin.askNotional)
        }
        json.put("updateTime", position.updateTime)
    }

    func balance(_ call: RestCall) throws(Refusal) -> [UInt8] {
        let account = try call.owner()
        let summary = marginSummary(account)
        return json { json in
            json.array { json in
                json.object {
                    $0.put("accountAlias", accounts[account].alias)
                    $0.put("asset", "USDT")
                    $0.put("balance", summary.wallet, decimals: 8)
                    $0.put("crossWalletBalance", summary.crossWallet, decimals: 8)
                    $0.put("crossUnPnl", summary.crossUnrealized, decimals: 8)
                    $0.put("availableBalance", summary.available, decimals: 8)
                    $0.put("maxWithdrawAmount", summary.maxWithdraw, decimals: 8)
                    $0.put("marginAvailable", true)
                    $0.put("updateTime", accounts[account].updateTime)
                }
                if accounts[account].bnb > .zero { json.object { bnbBalance(account, &$0) } }
            }
        }
    }

    private func bnbBalance(_ account: Int, _ json: inout JSONWriter) {
        json.put("accountAlias", accounts[account].alias)
        json.put("asset", Asset.bnb.rawValue)
        json.put("balance", accounts[account].bnb, decimals: 8)
        json.put("crossWalletBalance", accounts[account].bnb, decimals: 8)
        json.put("crossUnPnl", Notional.zero, decimals: 8)
        json.put("availableBalance", accounts[account].bnb, decimals: 8)
        json.put("maxWithdrawAmount", accounts[account].bnb, decimals: 8)
        json.put("marginAvailable", false)
        json.put("updateTime", accounts[account].updateTime)
    }

    func positionRisk(_ call: RestCall, isFull: Bool) throws(Refusal) -> [UInt8] {
        let account = try call.owner()
        let wanted = try optionalSymbol(call)
        let chosen = shownContracts(account, isFull: isFull).filter { wanted == nil || $0 == wanted }
        return json { json in
            json.array { json in
                for index in chosen { json.object { risk(account, index, isFull: isFull, &$0) } }
            }
        }
    }

    private func risk(_ account: Int, _ index: Int, isFull: Bool, _ json: inout JSONWriter) {
        let position = accounts[account].positions[index]
        let instrument = instruments[index]
        let mark = books[index].markPrice
        let margin = margin(account, index)
        let profit = position.unrealizedProfit(at: mark)
        json.put("symbol", instrument.symbol.name)
        json.put("positionSide", "BOTH")
        json.put("positionAmt", position.amount, decimals: instrument.quantityPrecision)
        json.put("entryPrice", position.entryPrice)
        json.put("breakEvenPrice", position.breakEvenPrice)
        json.put("markPrice", mark, decimals: 8)
        json.put("unRealizedProfit", profit, decimals: 8)
        json.put("liquidationPrice", liquidationPrice(account, index))
        json.put("isolatedMargin", position.isIsolated ? position.isolatedWallet + profit : .zero, decimals: 8)
        json.put("notional", position.notional(at: mark), decimals: 8)
        json.put("isolatedWallet", position.isolatedWallet, decimals: 8)
        if isFull {
            json.put("leverage", String(position.leverage))
            json.put("maxNotionalValue", instrument.maxNotional(leverage: position.leverage))
            json.put("marginType", position.isIsolated ? "isolated" : "cross")
            json.put("isAutoAddMargin", "false")
        } else {
            json.put("marginAsset", "USDT")
            json.put("initialMargin", margin.position + margin.orders, decimals: 8)
            json.put("maintMargin", margin.maintenance, decimals: 8)
            json.put("positionInitialMargin", margin.position, decimals: 8)
            json.put("openOrderInitialMargin", margin.orders, decimals: 8)
            json.put("adl", 0)
            json.put("bidNotional", margin.bidNotional)
            json.put("askNotional", margin.askNotional)
        }
        json.put("updateTime", position.updateTime)
    }
}

extension JSONWriter {
    fileprivate mutating func totals(_ summary: MarginSummary) {
        put("totalInitialMargin", summary.positionMargin + summary.orderMargin, decimals: 8)
        put("totalMaintMargin", summary.maintenance, decimals: 8)
        put("totalWalletBalance", summary.wallet, decimals: 8)
        put("totalUnrealizedProfit", summary.unrealized, decimals: 8)
        put("totalMarginBalance", summary.marginBalance, decimals: 8)
        put("totalPositionInitialMargin", summary.positionMargin, decimals: 8)
        put("totalOpenOrderInitialMargin", summary.orderMargin, decimals: 8)
        put("totalCrossWalletBalance", summary.crossWallet, decimals: 8)
        put("totalCrossUnPnl", summary.crossUnrealized, decimals: 8)
        put("availableBalance", summary.available, decimals: 8)
        put("maxWithdrawAmount", summary.maxWithdraw, decimals: 8)
    }

    fileprivate mutating func assetMargins(_ summary: MarginSummary) {
        put("walletBalance", summary.wallet, decimals: 8)
        put("unrealizedProfit", summary.unrealized, decimals: 8)
        put("marginBalance", summary.marginBalance, decimals: 8)
        put("maintMargin", summary.maintenance, decimals: 8)
        put("initialMargin", summary.positionMargin + summary.orderMargin, decimals: 8)
        put("positionInitialMargin", summary.positionMargin, decimals: 8)
        put("openOrderInitialMargin", summary.orderMargin, decimals: 8)
        put("crossWalletBalance", summary.crossWallet, decimals: 8)
        put("crossUnPnl", summary.crossUnrealized, decimals: 8)
        put("availableBalance", summary.available, decimals: 8)
        put("maxWithdrawAmount", summary.maxWithdraw, decimals: 8)
    }
}
