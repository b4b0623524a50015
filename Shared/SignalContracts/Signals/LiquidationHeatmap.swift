public import TradingPrimitives

/// The map of liquidations as it stands each quarter of an hour, written by sentiment-engine for its successor, which goes on from
/// it. On `heatmap:{S}`.
public struct LiquidationHeatmap: StreamMessage {
    public static let version = 1

    /// Id of the `md` entry after which it stood so.
    public var cause: StreamId
    /// Venue's time of the latest entry until then.
    public var eventTime: Timestamp
    /// The time of which the volumes are; they fade from then on. Absent before the first.
    public var asOf: Timestamp?
    /// Base units by price; the middle of bin `i` is 1.001^(i + 0.5).
    public var bins: LiquidationBins

    public init(cause: StreamId, eventTime: Timestamp, asOf: Timestamp?, bins: LiquidationBins) {
        self.cause = cause
        self.eventTime = eventTime
        self.asOf = asOf
        self.bins = bins
    }

    public init(_ fields: Fields) throws(ContractError) {
        try Self.checkVersion(fields)
        cause = try fields.required("cause")
        eventTime = try fields.time("event_time")
        asOf = try fields.optional("as_of", in: MarketBounds.times)
        bins = try fields.required("bins")
    }

    public func encode(into fields: inout Fields) {
        fields.put("v", Self.version)
        fields.put("cause", cause)
        fields.put("event_time", eventTime)
        fields.put("as_of", asOf)
        fields.put("bins", bins)
    }
}

/// Volumes by price in one field: `bin:volume`, lowest first, separated by commas.
public struct LiquidationBins: FieldValue, Equatable {
    public struct Bin: BitwiseCopyable, Equatable, Sendable {
        /// Whole widths of a bin, in logarithms, from a price of 1.
        public let index: Int
        /// Base units, more than 0.
        public var volume: Double

        public init(index: Int, volume: Double) {
            self.index = index
            self.volume = volume
        }
    }

    /// Beyond it, up or down, no instrument has a price.
    private static let indexMax = 100_000
    public var bins: [Bin]

    public init(_ bins: [Bin] = []) { self.bins = bins }

    public init?(text: UnsafeRawBufferPointer) {
        self.init()
        guard !text.isEmpty else { return }
        for part in text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            let words = part.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            guard words.count == 2, let index = Int(text: UnsafeRawBufferPointer(rebasing: words[0])),
                let volume = Double(text: UnsafeRawBufferPointer(rebasing: words[1])), volume > 0,
                -Self.indexMax...Self.indexMax ~= index, index > bins.last?.index ?? .min
            else { return nil }
            bins.append(Bin(index: index, volume: volume))
        }
    }

    public func write(into bytes: inout [UInt8]) {
        for (number, bin) in bins.enumerated() {
            if number > 0 { bytes.append(UInt8(ascii: ",")) }
            bin.index.write(into: &bytes)
            bytes.append(UInt8(ascii: ":"))
            bin.volume.write(into: &bytes)
        }
    }
}
