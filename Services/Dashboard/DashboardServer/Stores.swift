import Ledger
import ServiceKit
import SignalContracts
import StreamBus

/// The connections to Redis and PostgreSQL: made when needed, dropped when they fail. One that failed is not tried again for
/// a moment, so that a store that is away doesn't hold up what needs the other.
final class Stores {
    private static let pauseUs: Int64 = 2_000_000
    let settings: SuiteSettings
    private var redis: RedisClient?
    private var database: Database?
    private var redisPauseUntil: Int64 = 0
    private var databasePauseUntil: Int64 = 0

    init(_ settings: SuiteSettings) { self.settings = settings }

    var isRedisUp: Bool { redis != nil }

    func withRedis<Result>(_ body: (RedisClient) throws(RedisError) -> Result) throws(RequestError) -> Result {
        do throws(RedisError) {
            guard SystemClock.monotonicUs() >= redisPauseUntil else { throw .disconnected("it is away") }
            return try body(try connectRedis())
        } catch {
            // Refused is a word of a connection that works.
            if case .refused = error {
            } else {
                redis = nil
                redisPauseUntil = SystemClock.monotonicUs() + Self.pauseUs
            }
            throw RequestError(.unavailable, "Redis: \(error)")
        }
    }

    func withDatabase<Result>(_ body: (Database) throws(DatabaseError) -> Result) throws(RequestError) -> Result {
        do throws(DatabaseError) {
            guard SystemClock.monotonicUs() >= databasePauseUntil else { throw .unavailable("it is away") }
            return try body(try connectDatabase())
        } catch {
            if case .unavailable = error {
                database = nil
                databasePauseUntil = SystemClock.monotonicUs() + Self.pauseUs
            }
            throw RequestError(.unavailable, "\(error)")
        }
    }

    private func connectRedis() throws(RedisError) -> RedisClient {
        if let redis { return redis }
        let made = try RedisClient(settings.redis, timeoutMs: 1500)
        redis = made
        return made
    }

    private func connectDatabase() throws(DatabaseError) -> Database {
        if let database { return database }
        let made = try Database(url: settings.postgres.url, password: settings.postgres.password)
        database = made
        return made
    }
}
