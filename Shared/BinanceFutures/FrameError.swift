/// Why a frame of the venue could not be read.
public enum FrameError: Error, Equatable, Sendable {
    /// The frame ends within a value.
    case truncated
    /// Not JSON from this byte on.
    case malformed(at: Int)
    /// A key that is used stands twice.
    case duplicateKey(at: Int)
    /// The event lacks a field that it must have, or has one of another kind.
    case badField(String)
}
