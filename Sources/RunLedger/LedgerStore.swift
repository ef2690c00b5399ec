public import Pipeline
import Synchronization

/// The state of runs in `DIR/ledger.sqlite`.
///
/// One process writes at a time and holds `DIR/lock` until the store and the journals made by it are
/// gone; any number may read meanwhile. Every error is a `LedgerError`. May be used by several
/// threads, which take turns.
public final class LedgerStore: Sendable {
    public enum Access: Sendable, Equatable {
        /// `command`: what other processes are told of whoever holds the lock.
        case writer(command: String)
        /// Changes nothing, needs no lock, and works beside a writer.
        case reader
    }

    /// As it was given.
    public let directory: String
    private let place: StatePlace?
    private let lock: LedgerLock?
    /// Whoever holds it uses the connection, on which one thread at a time may do anything: the wait
    /// for the disk is what its users come for.
    private let connection: Mutex<Database?>
    private let clock: @Sendable () -> Int

    /// Opens the ledger.
    ///
    /// A writer makes it where it is not there, in a directory that is; takes the lock; checks the
    /// file in full; brings one of an older Unglue up to date; and notes which runs were left
    /// unfinished by processes that are gone. For a reader, a directory or ledger that is not there
    /// is one without runs. `clock` gives milliseconds since 1970.
    public convenience init(
        directory: String,
        access: Access,
        clock: @escaping @Sendable () -> Int = LedgerTime.now
    ) throws(LedgerError) {
        try self.init(directory: directory, access: access, schema: .current, clock: clock)
    }

    init(
        directory: String,
        access: Access,
        schema: Schema,
        clock: @escaping @Sendable () -> Int
    ) throws(LedgerError) {
        self.directory = directory
        self.clock = clock
        let place = try StatePlace.find(directory)
        self.place = place
        switch access {
        case .reader:
            lock = nil
            guard let place else {
                connection = Mutex(nil)
                return
            }
            let database = try LedgerFile.openForReading(place, schema: schema)
            connection = Mutex(database)
        case .writer(let command):
            guard let place else {
                throw LedgerError(
                    .unusable,
                    operation: "open",
                    path: directory,
                    message: "there is no such directory",
                    hint: StatePlace.otherDirectoryHint
                )
            }
            _ = try place.confirmFiles()
            try place.confirmWritable()
            lock = try LedgerLock.take(
                file: place.file(.lock),
                path: place.path(.lock),
                command: command,
                now: clock()
            )
            let database = try LedgerFile.openForWriting(place, schema: schema)
            try Abandoned.note(in: database)
            connection = Mutex(database)
        }
    }

    /// The connection is closed, which writes, before the lock is given up.
    deinit { connection.withLock { $0 = nil } }

    // MARK: - Reading

    /// The runs, newest first; at most so many.
    public func runs(limit: Int? = nil) throws(LedgerError) -> [RunSummary] {
        try summaries { (database: Database) throws(LedgerError) in
            try LedgerReader(database).runs(limit: limit)
        }
    }

    /// One run; nil where there is none of this name.
    public func run(_ name: String) throws(LedgerError) -> RunSummary? {
        try summaries { (database: Database) throws(LedgerError) in
            let reader = LedgerReader(database)
            guard let row = try reader.row(named: name) else { return [] }
            return [try reader.summary(of: row)]
        }.first
    }

    /// What the finished chunks of each entity of a run add up to, in the order of its plan.
    public func entities(of name: String) throws(LedgerError) -> [EntitySummary] {
        try read([]) { (database: Database) throws(LedgerError) in
            let reader = LedgerReader(database)
            guard let row = try reader.row(named: name) else {
                throw unknown(name, database)
            }
            return try reader.entitySummaries(of: row.number)
        }
    }

    /// What a run is bound to.
    public func identity(of name: String) throws(LedgerError) -> [IdentityFacet] {
        try read([]) { (database: Database) throws(LedgerError) in
            let reader = LedgerReader(database)
            guard let row = try reader.row(named: name) else {
                throw unknown(name, database)
            }
            return try reader.identity(of: row.number)
        }
    }

    /// The newest run of a lineage if it is unfinished; nil where it is finished, or there is none.
    ///
    /// With a contract's digest, of those that have this contract.
    public func unfinishedRun(
        lineage: String,
        contractDigest: String? = nil
    ) throws(LedgerError) -> RunSummary? {
        try summaries { (database: Database) throws(LedgerError) in
            let reader = LedgerReader(database)
            guard let row = try reader.newestRow(lineage: lineage, contractDigest: contractDigest)
            else { return [] }
            return [try reader.summary(of: row)]
        }.first { $0.isUnfinished }
    }

    /// Whether somebody writes to the ledger now.
    public var isBeingWritten: Bool {
        get throws(LedgerError) { try standing != .free }
    }

    /// Who writes to the ledger now, as far as the lock's file tells.
    public var writer: LockHolder? {
        get throws(LedgerError) {
            guard case .held(let holder) = try standing else { return nil }
            return holder
        }
    }

    private var standing: LedgerLock.Standing {
        get throws(LedgerError) {
            guard let place else { return .free }
            return try LedgerLock.standing(file: place.file(.lock), path: place.path(.lock))
        }
    }

    /// Runs as they stand: one that the ledger calls running while nobody writes is interrupted.
    ///
    /// The lock is looked at before and after, since a writer may come or go meanwhile.
    private func summaries(
        _ body: @Sendable (Database) throws(LedgerError) -> [RunSummary]
    ) throws(LedgerError) -> [RunSummary] {
        let triesMax = 5
        var runs: [RunSummary] = []
        for _ in 0..<triesMax {
            let before = try isBeingWritten
            runs = try read([], body)
            guard runs.contains(where: { $0.state == .running || $0.state == .ready }) else {
                return runs
            }
            guard try before == isBeingWritten else { continue }
            return before ? runs : runs.map(Abandoned.interrupted)
        }
        return runs
    }

    func unknown(_ name: String, _ database: Database) -> LedgerError {
        LedgerError(
            .unknownRun,
            operation: "find the run \(name) in",
            path: database.path,
            message: "there is none of this name",
            hint: "`unglue status` lists the runs"
        )
    }

    private func read<Result: Sendable>(
        _ none: Result,
        _ body: @Sendable (Database) throws(LedgerError) -> Result
    ) throws(LedgerError) -> Result {
        try connection.withLock { (database) throws(LedgerError) in
            guard let database else { return none }
            return try database.snapshot("read") { () throws(LedgerError) in try body(database) }
        }
    }

    // MARK: - Writing

    /// Enters a new run; its journal takes what follows.
    public func begin(_ run: NewRun) throws(LedgerError) -> RunJournal {
        precondition(
            run.entities.allSatisfy { run.tables.indices.contains($0.table) },
            "every entity belongs to a table of the run"
        )
        let now = clock()
        let operation = "begin a run in"
        let content = try write(operation) { (database: Database) throws(LedgerError) in
            let last = try database.value("SELECT max(number) FROM runs", operation)
            var number = 1
            if case .integer(let newest) = last { number = Int(newest) + 1 }
            guard try LedgerReader(database).row(named: run.run) == nil else {
                throw LedgerError(
                    .refused,
                    operation: operation,
                    path: database.path,
                    message: "there is a run named \(run.run) already",
                    hint: "start again, with another name"
                )
            }
            let content = JournalContent(run, number: number, now: now)
            try content.insert(in: database, operation)
            return content
        }
        return RunJournal(self, content)
    }

    /// Goes on with an unfinished run from its last checkpoint.
    ///
    /// Throws where its rows do not fit together: a chunk that is lost, there twice, or overlaps
    /// another.
    public func resume(
        _ name: String
    ) throws(LedgerError) -> (journal: RunJournal, point: ResumePoint) {
        let now = clock()
        let operation = "resume the run \(name) from"
        let (content, point) = try write(operation) { (database: Database) throws(LedgerError) in
            let reader = LedgerReader(database)
            guard let row = try reader.row(named: name) else { throw unknown(name, database) }
            guard try reader.summary(of: row).isUnfinished else {
                throw LedgerError(
                    .refused,
                    operation: operation,
                    path: database.path,
                    message: "it has \(row.state.rawValue)",
                    hint: "begin a new run"
                )
            }
            var content = try JournalContent(row, reader)
            let point = try ResumeReading(reader, content, operation).point()
            content.restart(now: now, chunks: point.chunks)
            try content.updateAll(in: database, operation)
            return (content, point)
        }
        return (RunJournal(self, content), point)
    }

    /// One transaction on the connection, which must be a writer's.
    func write<Result: Sendable>(
        _ operation: String,
        _ body: @Sendable (Database) throws(LedgerError) -> Result
    ) throws(LedgerError) -> Result {
        precondition(lock != nil, "only a writer's store is written to")
        return try connection.withLock { (database) throws(LedgerError) in
            guard let database else {
                preconditionFailure("a writer's store has a connection")
            }
            return try database.transaction(operation) { () throws(LedgerError) in
                try body(database)
            }
        }
    }

    var now: Int { clock() }
}
