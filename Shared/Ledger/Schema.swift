/// The tables, as steps that each database takes once and in order. A step that has been released is never changed.
public enum Schema {
    static let steps: [(version: Int, sql: String)] = [
        (1, foundation), (2, outcomes), (3, places), (4, ages), (5, learning), (6, shares),
        (7, provenance), (8, engines),
    ]

    /// Takes the steps that the database has not taken. Returns the version it has then.
    @discardableResult
    public static func migrate(_ database: Database) throws(DatabaseError) -> Int {
        try migrate(database, upTo: .max)
    }

    /// The same up to a version, as an earlier release would.
    @discardableResult
    package static func migrate(_ database: Database, upTo last: Int) throws(DatabaseError) -> Int {
        let steps = steps.filter { $0.version <= last }
        try database.transaction { database throws(DatabaseError) in
            // One migration at a time, however many services start at once.
            try database.run("SELECT pg_advisory_xact_lock(77077)")
            try database.script(
                "CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, "
                    + "applied_at TIMESTAMPTZ NOT NULL DEFAULT now())")
            let rows = try database.run("SELECT COALESCE(max(version), 0) FROM schema_migrations")
            let current = rows.first?.first.flatMap { $0 }.flatMap { Int($0) } ?? 0
            for step in steps where step.version > current {
                try database.script(step.sql)
                try database.run("INSERT INTO schema_migrations (version) VALUES ($1)", ["\(step.version)"])
            }
        }
        return steps.last?.version ?? 0
    }

    private static let foundation = """
        CREATE TABLE decisions (
            id TEXT PRIMARY KEY, symbol VARCHAR(40) NOT NULL, event_time TIMESTAMPTZ NOT NULL, action VARCHAR(10) NOT NULL,
            strategy CHAR(1), confidence DECIMAL(5,2), final_score DECIMAL(5,4), failed_gates TEXT NOT NULL,
            reason TEXT NOT NULL, signals JSONB NOT NULL);
        CREATE INDEX decisions_symbol_time ON decisions (symbol, event_time);
        CREATE TABLE plans (
            id TEXT PRIMARY KEY, symbol VARCHAR(40) NOT NULL, event_time TIMESTAMPTZ NOT NULL, side VARCHAR(5) NOT NULL,
            verdict VARCHAR(10) NOT NULL, rule TEXT, detail TEXT, terms JSONB);
        CREATE INDEX plans_symbol_time ON plans (symbol, event_time);
        CREATE TABLE executions (
            symbol VARCHAR(40) NOT NULL, entry_id TEXT NOT NULL, plan TEXT NOT NULL, event_time TIMESTAMPTZ NOT NULL,
            event TEXT NOT NULL, state TEXT NOT NULL, fields JSONB NOT NULL, PRIMARY KEY (symbol, entry_id));
        CREATE INDEX executions_plan ON executions (plan);
        CREATE INDEX executions_event_time ON executions (event, event_time);
        CREATE TABLE trades (
            id BIGSERIAL PRIMARY KEY,
            plan TEXT NOT NULL UNIQUE,
            symbol VARCHAR(40) NOT NULL,
            side VARCHAR(5) NOT NULL,
            strategy CHAR(1) NOT NULL,
            entry_price DECIMAL(18,8) NOT NULL,
            exit_price DECIMAL(18,8),
            size_usdt DECIMAL(18,2) NOT NULL,
            leverage INTEGER NOT NULL,
            sl_price DECIMAL(18,8) NOT NULL,
            tp1_price DECIMAL(18,8) NOT NULL,
            tp2_price DECIMAL(18,8),
            pnl_gross DECIMAL(18,8),
            fee_total DECIMAL(18,8),
            pnl_net DECIMAL(18,8),
            confidence DECIMAL(5,2),
            engine_signals JSONB,
            final_score DECIMAL(5,4),
            hold_duration_sec INTEGER,
            exit_reason VARCHAR(30),
            maker_fills INTEGER,
            taker_fills INTEGER,
            entry_time TIMESTAMPTZ NOT NULL,
            exit_time TIMESTAMPTZ,
            regime_at_entry VARCHAR(20),
            vol_phase_at_entry VARCHAR(20));
        CREATE INDEX trades_symbol_time ON trades (symbol, entry_time);
        CREATE INDEX trades_strategy_time ON trades (strategy, entry_time);
        CREATE INDEX trades_exit_reason ON trades (exit_reason);
        CREATE TABLE engine_accuracy (
            id BIGSERIAL PRIMARY KEY,
            trade_id BIGINT NOT NULL REFERENCES trades(id),
            engine VARCHAR(5) NOT NULL,
            signal_dir VARCHAR(20),
            signal_strength DECIMAL(4,3),
            trade_result VARCHAR(4) NOT NULL,
            recorded_at TIMESTAMPTZ NOT NULL DEFAULT now(),
            UNIQUE (trade_id, engine));
        CREATE TABLE daily_summary (
            date DATE NOT NULL,
            symbol VARCHAR(40) NOT NULL,
            total_trades INTEGER, wins INTEGER, losses INTEGER, no_fills INTEGER,
            gross_pnl DECIMAL(18,4), total_fees DECIMAL(18,4), net_pnl DECIMAL(18,4),
            fee_ratio DECIMAL(18,4), maker_rate DECIMAL(5,4), max_drawdown DECIMAL(18,4),
            best_trade_pnl DECIMAL(18,4), worst_trade_pnl DECIMAL(18,4), avg_hold_sec DECIMAL(10,2),
            avg_confidence DECIMAL(5,2), strategy_a_count INTEGER, strategy_b_count INTEGER, strategy_c_count INTEGER,
            circuit_breaks INTEGER, PRIMARY KEY (date, symbol));
        CREATE TABLE weight_history (
            id BIGSERIAL PRIMARY KEY, trade_count INTEGER, e1_weight DECIMAL(4,3), e2_weight DECIMAL(4,3),
            e3_weight DECIMAL(4,3), e4_weight DECIMAL(4,3), win_rate DECIMAL(5,4),
            recorded_at TIMESTAMPTZ NOT NULL DEFAULT now());
        CREATE TABLE alerts (
            entry_id TEXT PRIMARY KEY, event_time TIMESTAMPTZ NOT NULL, severity VARCHAR(10) NOT NULL,
            service TEXT NOT NULL, event TEXT NOT NULL, symbol VARCHAR(40), text TEXT NOT NULL);
        """

    /// What became of decisions that one gate alone stopped.
    private static let outcomes = """
        CREATE TABLE signal_outcome (
            decision TEXT PRIMARY KEY, symbol VARCHAR(40) NOT NULL, event_time TIMESTAMPTZ NOT NULL,
            gate TEXT NOT NULL, side VARCHAR(5) NOT NULL, strategy CHAR(1), final_score DECIMAL(5,4) NOT NULL,
            price DECIMAL(18,8) NOT NULL, price_1m DECIMAL(18,8), price_5m DECIMAL(18,8), price_10m DECIMAL(18,8),
            move_1m DOUBLE PRECISION, move_5m DOUBLE PRECISION, move_10m DOUBLE PRECISION);
        CREATE INDEX signal_outcome_open ON signal_outcome (symbol, event_time) WHERE price_10m IS NULL;
        ALTER TABLE trades ADD COLUMN funding DECIMAL(18,8) NOT NULL DEFAULT 0;
        CREATE INDEX signal_outcome_gate ON signal_outcome (gate, event_time);
        """

    /// Up to where each stream is in this database.
    private static let places = """
        CREATE TABLE recorded_place (stream TEXT PRIMARY KEY, entry_id TEXT NOT NULL);
        """

    /// Old rows are looked for by their time alone. A large table takes longer than a statement may otherwise.
    private static let ages = """
        SET LOCAL statement_timeout = 0;
        CREATE INDEX decisions_time ON decisions (event_time);
        CREATE INDEX plans_time ON plans (event_time);
        CREATE INDEX executions_time ON executions (event_time);
        CREATE INDEX signal_outcome_time ON signal_outcome (event_time);
        CREATE INDEX alerts_time ON alerts (event_time);
        """

    /// The KPIs by day. The learner's sets: the newest that is applied counts; one that is proposed waits for a round. Where there is a reader
    /// for the operator, it may also roll back.
    private static let learning = """
        CREATE TABLE learned_set (
            number SERIAL PRIMARY KEY, state TEXT NOT NULL CHECK (state IN ('PROPOSED', 'APPLIED', 'DROPPED')),
            round INTEGER NOT NULL, up_to_trade BIGINT NOT NULL, trade_count INTEGER NOT NULL,
            e1 INTEGER NOT NULL, e2 INTEGER NOT NULL, e3 INTEGER NOT NULL, e4 INTEGER NOT NULL,
            score_threshold DECIMAL(6,4) NOT NULL, min_tp_multiplier DECIMAL(6,4) NOT NULL, tp_multiplier DECIMAL(6,4) NOT NULL,
            entry_offset_ticks INTEGER NOT NULL, reason TEXT NOT NULL, made_at TIMESTAMPTZ NOT NULL DEFAULT now());
        CREATE TABLE kpi_history (
            date DATE NOT NULL, kpi TEXT NOT NULL, value DOUBLE PRECISION, status TEXT NOT NULL, trades INTEGER NOT NULL,
            PRIMARY KEY (date, kpi));
        CREATE UNIQUE INDEX learned_set_round ON learned_set (round) WHERE state = 'PROPOSED';
        DO $$ BEGIN
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'vortexctl') THEN
                GRANT SELECT, INSERT, UPDATE ON learned_set TO vortexctl;
                GRANT USAGE ON SEQUENCE learned_set_number_seq TO vortexctl;
            END IF;
        END $$;
        """

    /// Entries that were given up are no trades, and who was found at the venue is of no strategy. Makers by quantity: one order may
    /// fill in many pieces. Before this step adopted positions were written down as A's.
    private static let shares = """
        ALTER TABLE trades ALTER COLUMN strategy DROP NOT NULL;
        ALTER TABLE trades ADD COLUMN entry_maker_share DOUBLE PRECISION, ADD COLUMN maker_share DOUBLE PRECISION,
            ADD COLUMN is_counted BOOLEAN NOT NULL GENERATED ALWAYS AS (exit_reason IS DISTINCT FROM 'NO_FILL') STORED;
        UPDATE trades SET strategy = NULL
            WHERE EXISTS (SELECT FROM executions e WHERE e.plan = trades.plan AND e.event = 'POSITION_ADOPTED');
        ALTER TABLE daily_summary ADD COLUMN entry_maker_rate DECIMAL(5,4);
        """

    /// Engines that are not the house's are judged, too.
    private static let engines = """
        ALTER TABLE engine_accuracy ALTER COLUMN engine TYPE TEXT,
            ADD CONSTRAINT engine_accuracy_engine CHECK (engine ~ '^(E[1-5]|[a-z][a-z0-9-]{0,14})$');
        """

    /// Whose a row is; NULL in rows of earlier versions. A day's row is of the account that closed a trade last on it. Its drawdown is a part
    /// of the day's highest equity from here on, which for older days nobody can tell: what they held was money.
    private static let provenance = """
        ALTER TABLE decisions ADD COLUMN mode TEXT, ADD COLUMN profile TEXT, ADD COLUMN account TEXT, ADD COLUMN version TEXT;
        ALTER TABLE trades ADD COLUMN mode TEXT, ADD COLUMN profile TEXT, ADD COLUMN account TEXT, ADD COLUMN version TEXT;
        CREATE INDEX trades_account_time ON trades (mode, account, exit_time);
        CREATE TABLE day_balance (date DATE PRIMARY KEY, balance DECIMAL(18,8) NOT NULL);
        ALTER TABLE daily_summary ADD COLUMN mode TEXT, ADD COLUMN account TEXT, ADD COLUMN max_drawdown_usdt DECIMAL(18,4);
        UPDATE daily_summary SET max_drawdown_usdt = max_drawdown, max_drawdown = NULL;
        ALTER TABLE learned_set ADD COLUMN r1 INTEGER NOT NULL DEFAULT 1000, ADD COLUMN r2 INTEGER NOT NULL DEFAULT 1000,
            ADD COLUMN r3 INTEGER NOT NULL DEFAULT 1000, ADD COLUMN r4 INTEGER NOT NULL DEFAULT 1000;
        DO $$ BEGIN
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'vortexctl') THEN GRANT SELECT ON day_balance TO vortexctl; END IF;
        END $$;
        """
}
