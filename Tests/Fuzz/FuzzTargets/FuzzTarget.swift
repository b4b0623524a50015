/// One reader of what comes from outside, under a name: bytes of any kind go in, and nothing may trap.
public struct FuzzTarget: Sendable {
    public let name: String
    /// Inputs that mean something, to begin with: from the project's golden files, and from recordings where they are.
    public let seeds: @Sendable () throws -> [[UInt8]]
    /// Reads one input. A promise that is broken traps, as a crash would.
    public let read: @Sendable (UnsafeRawBufferPointer) -> Void
    /// Whether an input takes about a millisecond, since it goes over sockets and handshakes.
    public var isSlow = false

    public static let all: [FuzzTarget] = [
        marketFrames, userFrames, restReplies, streamEntries, journalRecords, venueRequests, venueMessages,
        webServer, tlsServer, socketClient, redisReplies,
    ]
}

extension FuzzTarget {
    /// For inputs that choose among several readers by their first byte.
    static func choice(_ input: UnsafeRawBufferPointer) -> (number: Int, rest: UnsafeRawBufferPointer)? {
        guard let first = input.first else { return nil }
        return (Int(first), UnsafeRawBufferPointer(rebasing: input.dropFirst()))
    }
}
