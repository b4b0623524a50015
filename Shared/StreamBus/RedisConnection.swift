import CHiredis
import Glibc

/// One non-blocking connection to Redis: bytes out, replies in. Whoever owns it waits on `descriptor`.
///
/// The login and the choice of the database are sent first and their answers are kept from the owner.
public final class RedisConnection {
    public let descriptor: Int32
    private let reader: OpaquePointer
    private var output: [UInt8] = []
    private var sent = 0
    private var loginReplies = 0
    private var input: UnsafeMutableRawBufferPointer

    /// True while bytes wait to be sent: then wait for the descriptor to become writable and call `flush`.
    public var wantsToSend: Bool { sent < output.count }
    /// Bytes written by the owner that the system has not taken yet.
    public var unsentByteCount: Int { output.count - sent }

    private static let inputSize = 64 * 1024
    private let noSignal = Int32(MSG_NOSIGNAL)

    /// Begins to connect; a failure may also show at the first `flush` or `receive`.
    public init(_ address: RedisAddress) throws(RedisError) {
        var error = [CChar](repeating: 0, count: 256)
        descriptor =
            switch address.endpoint {
            case .tcp(let host, let port): chiredis_connect_tcp(host, Int32(port), &error, error.count)
            case .unix(let path): chiredis_connect_unix(path, &error, error.count)
            }
        guard descriptor >= 0 else {
            throw .disconnected(String(decoding: error.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
        }
        guard let reader = chiredis_reader_create() else {
            close(descriptor)
            throw .disconnected("out of memory")
        }
        self.reader = reader
        input = .allocate(byteCount: Self.inputSize, alignment: 16)
        if case .tcp = address.endpoint {
            var on: Int32 = 1
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        }
        logIn(address)
    }

    deinit {
        close(descriptor)
        chiredis_reader_free(reader)
        input.deallocate()
    }

    private func logIn(_ address: RedisAddress) {
        var commands = CommandBuffer()
        if let password = address.password {
            commands.command(["AUTH"] + [address.user, password].compactMap { $0 })
        }
        if address.database != 0 { commands.command(["SELECT", "\(address.database)"]) }
        loginReplies = commands.commandCount
        output = commands.bytes
    }

    /// Puts commands behind those that wait to be sent. Call `flush` to send.
    public func write(_ commands: borrowing CommandBuffer) { output.append(contentsOf: commands.bytes) }

    public func write(_ bytes: ArraySlice<UInt8>) { output.append(contentsOf: bytes) }

    /// Sends as much as the system takes without waiting.
    public func flush() throws(RedisError) {
        while sent < output.count {
            let written = output.withUnsafeBytes {
                let unsent = $0[sent...]
                return send(descriptor, UnsafeRawBufferPointer(rebasing: unsent).baseAddress, unsent.count, noSignal)
            }
            if written > 0 {
                sent += written
            } else if errno == EAGAIN || errno == EINPROGRESS || errno == ENOTCONN {
                return
            } else if errno != EINTR {
                throw .disconnected(String(cString: strerror(errno)))
            }
        }
        output.removeAll(keepingCapacity: true)
        sent = 0
    }

    /// Takes in what has arrived, without waiting. Replies are then got with `nextReply`.
    public func receive() throws(RedisError) {
        while true {
            let count = recv(descriptor, input.baseAddress, input.count, 0)
            if count > 0 {
                guard chiredis_reader_feed(reader, input.baseAddress, count) == 0 else {
                    throw .disconnected("out of memory")
                }
                if count < input.count { return }
            } else if count == 0 {
                throw .disconnected("closed by the server")
            } else if errno == EAGAIN || errno == EINPROGRESS || errno == ENOTCONN {
                return
            } else if errno != EINTR {
                throw .disconnected(String(cString: strerror(errno)))
            }
        }
    }

    /// The next whole reply among what has been received; nil when there is none yet. It is valid until the next call.
    public func nextReply() throws(RedisError) -> RedisReply? {
        while true {
            switch chiredis_reader_next(reader) {
            case 0: return nil
            case 1:
                let reply = RedisReply(reader: reader)
                guard loginReplies > 0 else { return reply }
                loginReplies -= 1
                if let error = reply.error { throw .refused(error) }
            default: throw .disconnected(String(cString: chiredis_reader_error(reader)))
            }
        }
    }
}
