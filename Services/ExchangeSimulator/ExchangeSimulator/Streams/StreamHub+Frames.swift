public import TradingPrimitives

extension StreamHub {
    /// When the next frame that is on its way is due; nil where none is.
    public var nextDue: Timestamp? { underWay.nextDue }

    /// Sends what the venue told, and is due by now, to whom it concerns. `send` gets one text frame for one connection.
    public mutating func deliver(_ venue: inout Exchange, send: (Id, Label, [UInt8]) -> Void) {
        for event in venue.takeEvents() {
            switch event.body {
            case .market(let frame): take(frame, venue, at: event.time)
            case .user(let account, let frame):
                take(frame.eventName, frame.instrument, account, isLater: frame.isOfStopService, at: event.time) {
                    $0.frame(frame, venue, account: account, now: event.time)
                }
            case .listenKeyExpired(let account):
                let key = venue.listenKey(account)
                take("listenKeyExpired", nil, account, at: event.time) { json in
                    json.object {
                        $0.put("e", "listenKeyExpired")
                        $0.put("E", event.time)
                        $0.put("listenKey", key)
                    }
                }
            }
        }
        while let frame = underWay.next(until: venue.now) {
            switch frame.subject {
            case .market(let stream): self.send(frame.bytes, on: stream, venue, send)
            case .user(let account, let event, let instrument):
                self.send(frame.bytes, event, instrument, account, send)
            }
        }
    }

    // MARK: Written

    private mutating func take(_ frame: MarketNews, _ venue: Exchange, at time: Timestamp) {
        frame.forEachStream { stream in
            guard subscribers[stream] != nil else { return }
            if case .mark(everySeconds: 3) = stream.kind, time.milliseconds / 1000 % 3 != 0 { return }
            var times = Lateness.Times(published: time, due: time)
            if lateness != nil {
                guard let later = lateness?.times(frame, on: stream, at: time) else { return }
                times = later
            }
            json.removeAll()
            json.frame(frame, stream.kind, venue.instruments, now: times.published)
            underWay.put(json.bytes, of: .market(stream), due: times.due)
        }
    }

    private mutating func take(
        _ event: String, _ instrument: Int?, _ account: Int, isLater: Bool = false, at time: Timestamp,
        _ write: (inout JSONWriter) -> Void
    ) {
        guard userConnections.contains(where: { isListening($0, to: event, of: account) }) else { return }
        json.removeAll()
        write(&json)
        let times =
            isLater ? lateness?.times(ofStopIn: account, at: time) : lateness?.times(ofAccount: account, at: time)
        underWay.put(
            json.bytes, of: .user(account: account, event: event, instrument: instrument), due: times?.due ?? time)
    }

    private func isListening(_ id: Id, to event: String, of account: Int) -> Bool {
        connections[id]?.users.contains { $0.account == account && $0.events?.contains(event) != false } == true
    }

    // MARK: Sent

    private mutating func send(
        _ bytes: [UInt8], on stream: MarketStream, _ venue: Exchange, _ send: (Id, Label, [UInt8]) -> Void
    ) {
        wrapped.removeAll()
        for id in subscribers[stream] ?? [] {
            if connections[id]?.isCombined == true {
                if wrapped.bytes.isEmpty { wrap(bytes, stream.name(venue.instruments)) }
                send(id, .market(stream), wrapped.bytes)
            } else {
                send(id, .market(stream), bytes)
            }
            sentByStream[stream, default: 0] += 1
        }
    }

    private mutating func send(
        _ bytes: [UInt8], _ event: String, _ instrument: Int?, _ account: Int, _ send: (Id, Label, [UInt8]) -> Void
    ) {
        for id in userConnections {
            guard let connection = connections[id] else { continue }
            for user in connection.users where user.account == account {
                if let events = user.events, !events.contains(event) { continue }
                if connection.isCombined {
                    wrapped.removeAll()
                    wrap(bytes, user.listenKey)
                    send(id, .user(event: event, instrument: instrument), wrapped.bytes)
                } else {
                    send(id, .user(event: event, instrument: instrument), bytes)
                }
                sentByUserEvent[event, default: 0] += 1
            }
        }
    }

    private mutating func wrap(_ data: [UInt8], _ name: String) {
        wrapped.object {
            $0.put("stream", name)
            $0.put("data", json: data)
        }
    }
}
