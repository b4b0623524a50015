import CHiredis
import Glibc

/// One non-blocking connection to Redis: bytes out, replies in. Whoever owns it waits on `descriptor`.
///
/// The login and the choice of the database are sent first and their answers are kept from the owner.
public final class RedisConnection {
    public let descriptor: Int32
    private let address: RedisAddress
    private let reader: OpaquePointer
    /// Nil for a connection in the clear.
    private let tls: OpaquePointer?
    /// What waits for the handshake's end.
    private var plain: [UInt8] = []
    private var output: [UInt8] = []
    private var sent = 0
    private var loginReplies = 0
    private var input: UnsafeMutableRawBufferPointer

    /// True while bytes wait to be sent: then wait for the descriptor to become writable and call `flush`.
    public var wantsToSend: Bool { sent < output.count }
    /// Bytes written by the owner that the system has not taken yet.
    public var unsentByteCount: Int { output.count - sent + plain.count }

    private static let inputSize = 64 * 1024
    private let noSignal = Int32(MSG_NOSIGNAL)

    /// Begins to connect; a failure may also show at the first `flush` or `receive`.
    public init(_ address: RedisAddress) throws(RedisError) {
        if let refusal = LoginGate.refusal(of: address) { throw refusal }
        var error = [CChar](repeating: 0, count: 256)
        descriptor =
            switch address.endpoint {
            case .tcp(let host, let port): chiredis_connect_tcp(host, Int32(port), &error, error.count)
            case .unix(let path): chiredis_connect_unix(path, &error, error.count)
            }
        guard descriptor >= 0 else {
            throw .disconnected(Self.text(error))
        }
        tls = Self.tls(address, &error)
        guard tls != nil || address.tls == nil else {
            close(descriptor)
            throw .disconnected("TLS: \(Self.text(error))")
        }
        guard let reader = chiredis_reader_create() else {
            close(descriptor)
            chiredis_tls_free(tls)
            throw .disconnected("out of memory")
        }
        self.address = address
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
        chiredis_tls_free(tls)
        chiredis_reader_free(reader)
        input.deallocate()
    }

    private static func tls(_ address: RedisAddress, _ error: inout [CChar]) -> OpaquePointer? {
        guard let wanted = address.tls, case .tcp(let host, _) = address.endpoint else { return nil }
        return chiredis_tls_create(
            host, wanted.authorities, wanted.certificate, wanted.key, &error, error.count)
    }

    private static func text(_ error: [CChar]) -> String {
        String(decoding: error.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private func logIn(_ address: RedisAddress) {
        var commands = CommandBuffer()
        if let password = address.password {
            commands.command(["AUTH"] + [address.user, password].compactMap { $0 })
        }
        if address.database != 0 { commands.command(["SELECT", "\(address.database)"]) }
        loginReplies = commands.commandCount
        append(commands.bytes[...])
    }

    private func append(_ bytes: ArraySlice<UInt8>) {
        if tls == nil { output.append(contentsOf: bytes) } else { plain.append(contentsOf: bytes) }
    }

    /// Puts commands behind those that wait to be sent. Call `flush` to send.
    public func write(_ commands: borrowing CommandBuffer) { append(commands.bytes[...]) }

    public func write(_ bytes: ArraySlice<UInt8>) { append(bytes) }

    /// Sends as much as the system takes without waiting.
    public func flush() throws(RedisError) {
        try seal()
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
                try take(count)
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

    /// Has TLS make of what waits what is to be sent. Before the handshake's end it makes nothing of it.
    private func seal() throws(RedisError) {
        guard let tls else { return }
        let result = plain.withUnsafeBytes { chiredis_tls_write(tls, $0.baseAddress, $0.count) }
        if result == 1 { plain.removeAll(keepingCapacity: true) }
        takeSealed(tls)
        if result < 0 { throw failure(tls) }
    }

    private func failure(_ tls: OpaquePointer) -> RedisError {
        let text = String(cString: chiredis_tls_error(tls))
        let hint = text.contains("certificate") ? " (redis.ca_file names an authority of your own)" : ""
        return .disconnected(text + hint)
    }

    /// Whether the server has not yet answered as one with TLS does.
    var isShakingHands: Bool { tls.map { chiredis_tls_is_ready($0) == 0 } ?? false }

    private func takeSealed(_ tls: OpaquePointer) {
        let count = chiredis_tls_leaving(tls)
        guard count > 0 else { return }
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, taken in
            taken = chiredis_tls_take(tls, buffer.baseAddress, count)
        }
        output.append(contentsOf: bytes)
    }

    /// Gives what has arrived to the reader.
    private func take(_ count: Int) throws(RedisError) {
        guard let tls else {
            guard chiredis_reader_feed(reader, input.baseAddress, count) == 0 else {
                throw .disconnected("out of memory")
            }
            return
        }
        guard chiredis_tls_feed(tls, input.baseAddress, count) == 0 else { throw .disconnected("out of memory") }
        while true {
            let read = chiredis_tls_read(tls, input.baseAddress, input.count)
            if read == 0 { break }
            guard read > 0 else {
                throw read == -2 ? .disconnected("closed by the server") : failure(tls)
            }
            guard chiredis_reader_feed(reader, input.baseAddress, read) == 0 else {
                throw .disconnected("out of memory")
            }
        }
        // The handshake goes on, and with its end what waited for it.
        try flush()
    }

    /// The next whole reply among what has been received; nil when there is none yet. It is valid until the next call.
    public func nextReply() throws(RedisError) -> RedisReply? {
        while true {
            switch chiredis_reader_next(reader) {
            case 0: return nil
            case 1:
                let reply = RedisReply(reader: reader)
                if let error = reply.error, let refusal = LoginGate.refused(address, error) { throw refusal }
                guard loginReplies > 0 else { return reply }
                loginReplies -= 1
                if let error = reply.error { throw .refused(error) }
                LoginGate.opened(address)
            default: throw .disconnected(String(cString: chiredis_reader_error(reader)))
            }
        }
    }
}
