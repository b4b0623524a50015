import SignalContracts
import TradingPrimitives

// How a position stands in the journal.
extension Position {
    static let recordVersion = 1

    func encode(into fields: inout Fields) {
        fields.put("position_v", Self.recordVersion)
        fields.put("symbol", symbol)
        fields.scope = "plan."
        plan.encode(into: &fields)
        fields.scope = ""
        fields.put("state", state)
        fields.put("exit_reason", exitReason)
        fields.put("reached_target", hasReachedTarget)
        fields.put("extreme", extreme)
        fields.put("stop_moved_at", stopMovedAt)
        fields.put("opened_at", openedAt)
        fields.put("after_trade_id", afterTradeId)
        if assumedClosed != .zero { fields.put("assumed_closed", assumedClosed) }
        fields.put("assumed_price", assumedPrice)
        if !unpricedFees.isEmpty { fields.put("unpriced_fees", UnpricedFeeList(fees: unpricedFees)) }
        if convertedFees != .zero { fields.put("converted_fees", convertedFees) }
        fields.put("account", account)
        fields.put("funding", funding)
        fields.put("funded_at", fundedAt)
        fields.put("abandoned", isAbandoned)
        if isAdopted { fields.put("adopted", isAdopted) }
        fields.put("orders", SlotList(slots: orders))
        fields.put("stops", SlotList(slots: stops))
        if !doubted.isEmpty { fields.put("doubted", doubted.joined(separator: ",")) }
        fields.put("trade_ids", IdList(ids: tradeIds))
        if !foreignTradeIds.isEmpty { fields.put("foreign_trade_ids", IdList(ids: foreignTradeIds)) }
        fields.scope = "in."
        entered.encode(into: &fields)
        fields.scope = "out."
        exited.encode(into: &fields)
        fields.scope = ""
    }

    init(_ fields: Fields) throws(ContractError) {
        let version: Int = try fields.required("position_v")
        guard version == Self.recordVersion else { throw .unknownVersion(version) }
        var scoped = fields
        scoped.scope = "plan."
        let plan = try TradePlan(scoped)
        guard case .approved(let terms) = plan.verdict else { throw .unknownType("plan without terms") }
        self.init(
            symbol: try fields.required("symbol"), plan: plan, terms: terms, at: try fields.required("opened_at"),
            afterTradeId: try fields.optional("after_trade_id") ?? 0)
        state = try fields.required("state")
        exitReason = try fields.optional("exit_reason")
        hasReachedTarget = try fields.required("reached_target")
        extreme = try fields.optional("extreme")
        stopMovedAt = try fields.required("stop_moved_at")
        assumedClosed = try fields.optional("assumed_closed") ?? .zero
        assumedPrice = try fields.optional("assumed_price")
        unpricedFees = (try fields.optional("unpriced_fees") as UnpricedFeeList?)?.fees ?? []
        convertedFees = try fields.optional("converted_fees") ?? .zero
        account = try fields.optional("account")
        funding = try fields.optional("funding") ?? .zero
        fundedAt = try fields.optional("funded_at")
        isAbandoned = try fields.required("abandoned")
        isAdopted = try fields.optional("adopted") ?? false
        orders = (try fields.required("orders") as SlotList<OrderSlot>).slots
        stops = (try fields.required("stops") as SlotList<StopSlot>).slots
        let doubted: String? = try fields.optional("doubted")
        self.doubted = doubted?.split(separator: ",").map(String.init) ?? []
        tradeIds = (try fields.required("trade_ids") as IdList).ids
        foreignTradeIds = (try fields.optional("foreign_trade_ids") as IdList?)?.ids ?? []
        scoped.scope = "in."
        entered = try FillSum(scoped)
        scoped.scope = "out."
        exited = try FillSum(scoped)
    }
}

extension FillSum {
    fileprivate func encode(into fields: inout Fields) {
        fields.put("quantity", quantity)
        fields.put("value", value)
        fields.put("fees", fees)
        fields.put("pnl", realizedPnl)
        fields.put("maker", makerCount)
        fields.put("taker", takerCount)
        if makerQuantity > .zero { fields.put("maker_quantity", makerQuantity) }
        fields.put("first", firstTime)
        fields.put("last", lastTime)
    }

    fileprivate init(_ fields: Fields) throws(ContractError) {
        quantity = try fields.required("quantity")
        value = try fields.required("value")
        fees = try fields.required("fees")
        realizedPnl = try fields.required("pnl")
        makerCount = try fields.required("maker")
        takerCount = try fields.required("taker")
        makerQuantity = try fields.optional("maker_quantity") ?? .zero
        firstTime = try fields.optional("first")
        lastTime = try fields.optional("last")
    }
}

/// Numbers in one field, separated by commas.
private struct IdList: FieldValue {
    let ids: [Int64]

    init(ids: [Int64]) { self.ids = ids }

    init?(text: UnsafeRawBufferPointer) {
        var ids: [Int64] = []
        for part in text.split(separator: UInt8(ascii: ",")) {
            guard let id = Int64(text: UnsafeRawBufferPointer(rebasing: part)) else { return nil }
            ids.append(id)
        }
        self.ids = ids
    }

    func write(into bytes: inout [UInt8]) {
        for (index, id) in ids.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            id.write(into: &bytes)
        }
    }
}

/// A slot as words joined by spaces.
private protocol Slot: Sendable {
    func write(into bytes: inout [UInt8])
    init?(words: [Substring])
}

/// Slots in one field, separated by semicolons.
private struct SlotList<Element: Slot>: FieldValue {
    let slots: [Element]

    init(slots: [Element]) { self.slots = slots }

    init?(text: UnsafeRawBufferPointer) {
        var slots: [Element] = []
        for part in String(decoding: text, as: UTF8.self).split(separator: ";") {
            guard let slot = Element(words: part.split(separator: " ")) else { return nil }
            slots.append(slot)
        }
        self.slots = slots
    }

    func write(into bytes: inout [UInt8]) {
        for (index, slot) in slots.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ";")) }
            slot.write(into: &bytes)
        }
    }
}

extension [UInt8] {
    /// A space, and the text of `value`.
    fileprivate mutating func appendWord(_ value: some FieldValue) {
        append(UInt8(ascii: " "))
        value.write(into: &self)
    }
}

extension OrderSlot: Slot {
    fileprivate func write(into bytes: inout [UInt8]) {
        kind.rawValue.write(into: &bytes)
        bytes.appendWord(clientOrderId)
        bytes.appendWord(price)
        bytes.appendWord(quantity)
        bytes.appendWord(status.rawValue)
        bytes.appendWord(orderId ?? 0)
        bytes.appendWord(filled)
        bytes.appendWord(executed)
        bytes.appendWord(sentAt)
        bytes.appendWord(isCancelling)
    }

    fileprivate init?(words: [Substring]) {
        guard words.count == 10, let kind = Kind(rawValue: String(words[0])), let price = Price(String(words[2])),
            let quantity = Quantity(String(words[3])), let status = Status(rawValue: String(words[4])),
            let orderId = Int64(words[5]), let filled = Quantity(String(words[6])),
            let executed = Quantity(String(words[7])), let sentAt = Int64(words[8])
        else { return nil }
        self.init(
            kind, String(words[1]), price: price, quantity: quantity, at: Timestamp(milliseconds: sentAt))
        self.status = status
        self.orderId = orderId == 0 ? nil : orderId
        self.filled = filled
        self.executed = executed
        isCancelling = words[9] == "1"
    }
}

extension StopSlot: Slot {
    fileprivate func write(into bytes: inout [UInt8]) {
        clientOrderId.write(into: &bytes)
        bytes.appendWord(trigger)
        bytes.appendWord(status.rawValue)
        bytes.appendWord(orderId ?? 0)
        bytes.appendWord(sentAt)
        bytes.appendWord(isCancelling)
        bytes.appendWord(quantity ?? .zero)
        bytes.appendWord(hasStood)
    }

    /// Stops of earlier versions, which all closed what there was, end before their quantity; one that is over has stood.
    fileprivate init?(words: [Substring]) {
        guard words.count == 6 || words.count == 8, let trigger = Price(String(words[1])),
            let status = Status(rawValue: String(words[2])), let orderId = Int64(words[3]),
            let sentAt = Int64(words[4]), let quantity = words.count == 8 ? Quantity(String(words[6])) : .zero
        else { return nil }
        self.init(
            String(words[0]), trigger: trigger, quantity: quantity == .zero ? nil : quantity,
            at: Timestamp(milliseconds: sentAt))
        hasStood = words.count == 8 ? words[7] == "1" : true
        self.status = status
        self.orderId = orderId == 0 ? nil : orderId
        isCancelling = words[5] == "1"
    }
}
