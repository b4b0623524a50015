import SignalContracts
import StreamBus

// An entry that ends the process is read first by the next one, and ends that too. So what was given to a process that did not
// acknowledge it is processed one by one, each entry by itself and noted before; the one that was noted by two processes that
// ended over it is put aside by the next. Once is not enough: a process may be killed while an innocent entry has its trial.
// What has been put aside is left out when the past is read again.
extension ProcessorHost {
    /// Times that an entry is tried by itself.
    private static var trialsMax: Int64 { 2 }
    private var trialKey: String { "trial:\(context.name)" }

    /// What this service has put aside, in the streams that it reads the past of.
    func findPutAside(_ client: RedisClient) throws(RedisError) {
        putAside = []
        for dead in Set(streams.map { StreamName(.dead, $0.symbol) }) {
            for entry in try client.newest(of: dead, count: 1000) {
                guard let letter = try? DeadLetter(entry.fields), letter.service == context.name,
                    let stream = streams.firstIndex(where: { $0.key == letter.stream })
                else { continue }
                putAside.insert(EntryName(stream: stream, id: letter.entryId))
            }
        }
    }

    func isPutAside(_ entry: StreamReplay.Entry) -> Bool {
        putAside.contains(EntryName(stream: entry.stream, id: entry.id))
    }

    /// Processes one entry that an earlier process did not acknowledge, by itself, or puts it aside when it had its trials.
    func tryPending(_ entry: StreamReplay.Entry, _ client: RedisClient) throws(RedisError) {
        try commitAndWait(client)
        try takeBackTrial(client)
        let name = "\(streams[entry.stream].key):\(entry.id)"
        let trials = try client.command("HINCRBY", trialKey, name, "1").integer ?? 1
        openTrial = name
        if trials > Self.trialsMax, let fields = entry.fields {
            putAside(
                stream: entry.stream, id: entry.id, fields: fields,
                reason: "it has ended this service \(Self.trialsMax + 1) times")
            try alert(
                .critical, "poison_entry", of: streams[entry.stream],
                "\(name) has ended \(context.name) \(Self.trialsMax + 1) times; it is put aside, see 'vortexctl dlq list'",
                client)
        } else {
            processPending(entry)
        }
        try commitAndWait(client)
        try client.command("HDEL", trialKey, name)
        openTrial = nil
    }

    /// A trial that this process has survived, and that came to no end since Redis or the leases failed, says nothing of its entry.
    func takeBackTrial(_ client: RedisClient) throws(RedisError) {
        guard let name = openTrial else { return }
        if try client.command("HINCRBY", trialKey, name, "-1").integer ?? 0 <= 0 {
            try client.command("HDEL", trialKey, name)
        }
        openTrial = nil
    }
}

/// An entry of one of the reader's streams.
struct EntryName: Hashable {
    let stream: Int
    let id: StreamId
}
