internal import Contract
internal import Pipeline

/// The rows of the ledger's tables as values: each knows its columns' order, that of `SealedTable`.
struct RunRow: Sendable, Equatable {
    var number: Int
    var run: String
    var lineage: String
    var contractPath: String
    var contractName: String
    var contractDigest: String
    var state: RunState
    var started: Int
    var updated: Int
    var ended: Int?
    var seconds: Double
    var mode: WriteMode
    var consistency: String
    var options: String
    var errors: [String]

    init(_ run: NewRun, number: Int, now: Int) {
        self.number = number
        self.run = run.run
        lineage = run.lineage
        contractPath = run.contractPath
        contractName = run.contractName
        contractDigest = run.contractDigest
        state = .ready
        started = now
        updated = now
        seconds = 0
        mode = run.mode
        consistency = run.consistency
        options = run.options
        errors = []
    }

    init(_ row: SealedRow) throws(LedgerError) {
        number = try row.integer(0)
        run = try row.text(1)
        lineage = try row.text(2)
        contractPath = try row.text(3)
        contractName = try row.text(4)
        contractDigest = try row.text(5)
        state = try row.named(6)
        started = try row.integer(7)
        updated = try row.integer(8)
        ended = try row.optional(9, row.integer)
        seconds = try row.real(10)
        mode = try row.named(11)
        consistency = try row.text(12)
        options = try row.text(13)
        guard let errors = ListText.strings(try row.text(14)) else { throw row.unreadable }
        self.errors = errors
    }

    var values: [SQLValue] {
        [
            .integer(number), .text(run), .text(lineage), .text(contractPath),
            .text(contractName), .text(contractDigest), .text(state.rawValue), .integer(started),
            .integer(updated), ended.map(SQLValue.integer) ?? .null, .number(seconds),
            .text(mode.rawValue), .text(consistency), .text(options), .text(ListText.of(errors)),
        ]
    }
}

struct JobRow: Sendable, Equatable {
    var run: Int
    var index: Int
    var targetName: String
    /// Its name, state and counts.
    var report: TableReport
    var keyLogBytes = 0
    /// Finished chunks, and the sum of their seals modulo 2^64: a chunk's row that is lost, doubled
    /// or an old one is found by it.
    var chunks = 0
    var chunkSeals: UInt64 = 0

    init(run: Int, index: Int, _ table: NewRun.Table) {
        self.run = run
        self.index = index
        targetName = table.targetName
        report = TableReport(table: table.name, state: .ready)
    }

    init(_ row: SealedRow) throws(LedgerError) {
        run = try row.integer(0)
        index = try row.count(1)
        targetName = try row.text(3)
        report = TableReport(table: try row.text(2), state: try row.named(4))
        report.rowsRead = try row.count(5)
        report.itemsWritten = try row.count(6)
        report.itemsKept = try row.count(7)
        report.duplicates = try row.count(8)
        report.rejected = try row.count(9)
        report.bytesWritten = try row.count(10)
        report.writeUnits = try row.real(11)
        report.requests = try row.count(12)
        report.retries = try row.count(13)
        report.throttles = try row.count(14)
        report.seconds = try row.real(15)
        keyLogBytes = try row.count(16)
        guard let keys = ListText.duplicateKeys(try row.text(17)) else { throw row.unreadable }
        report.duplicateKeys = keys
        chunks = try row.count(18)
        chunkSeals = UInt64(bitPattern: Int64(try row.integer(19)))
    }

    var values: [SQLValue] {
        [
            .integer(run), .integer(index), .text(report.table), .text(targetName),
            .text(report.state.rawValue), .integer(report.rowsRead),
            .integer(report.itemsWritten), .integer(report.itemsKept),
            .integer(report.duplicates), .integer(report.rejected),
            .integer(report.bytesWritten), .number(report.writeUnits),
            .integer(report.requests), .integer(report.retries), .integer(report.throttles),
            .number(report.seconds), .integer(keyLogBytes),
            .text(ListText.of(report.duplicateKeys)), .integer(chunks), .bits(chunkSeals),
        ]
    }

    var totals: TableTotals {
        get {
            var totals = TableTotals()
            totals.bytesWritten = report.bytesWritten
            totals.writeUnits = report.writeUnits
            totals.requests = report.requests
            totals.retries = report.retries
            totals.throttles = report.throttles
            totals.seconds = report.seconds
            return totals
        }
        set {
            report.bytesWritten = newValue.bytesWritten
            report.writeUnits = newValue.writeUnits
            report.requests = newValue.requests
            report.retries = newValue.retries
            report.throttles = newValue.throttles
            report.seconds = newValue.seconds
        }
    }

    /// Counts a finished chunk in.
    mutating func add(_ chunk: ChunkRecord) {
        report.rowsRead += chunk.rowsRead
        report.itemsWritten += chunk.written
        report.itemsKept += chunk.kept
        report.rejected += chunk.rejected
    }
}

struct EntityRow: Sendable, Equatable {
    var run: Int
    var entity: Int
    var table: Int
    var name: String

    init(run: Int, entity: Int, table: Int, name: String) {
        self.run = run
        self.entity = entity
        self.table = table
        self.name = name
    }

    init(_ row: SealedRow) throws(LedgerError) {
        run = try row.integer(0)
        entity = try row.count(1)
        table = try row.count(2)
        name = try row.text(3)
    }

    var values: [SQLValue] { [.integer(run), .integer(entity), .integer(table), .text(name)] }
}

extension ChunkRecord {
    init(_ row: SealedRow) throws(LedgerError) {
        let lower = Int64(try row.integer(2))
        let upper = Int64(try row.integer(3))
        guard lower < upper, let attempt = UInt32(exactly: try row.integer(4)) else {
            throw row.unreadable
        }
        self.init(
            entity: try row.count(1),
            attempt: attempt,
            places: lower..<upper,
            range: ChunkRange(
                lower: try row.optional(5, row.bound),
                upper: try row.optional(6, row.bound),
                isNullKeys: try row.integer(7) != 0
            ),
            rowsRead: try row.count(8),
            written: try row.count(9),
            kept: try row.count(10),
            rejected: try row.count(11),
            keysLogged: try row.count(12),
            keyChecksum: UInt64(bitPattern: Int64(try row.integer(13)))
        )
    }

    func values(run: Int) -> [SQLValue] {
        [
            .integer(run), .integer(entity), .integer(places.lowerBound),
            .integer(places.upperBound), .integer(Int64(attempt)), Self.value(range.lower),
            Self.value(range.upper), .integer(range.isNullKeys ? 1 : 0), .integer(rowsRead),
            .integer(written), .integer(kept), .integer(rejected), .integer(keysLogged),
            .bits(keyChecksum),
        ]
    }

    private static func value(_ bound: [[UInt8]]?) -> SQLValue {
        bound.map { .blob(BoundCoding.encode($0)) } ?? .null
    }
}

/// Lists that lie in one column, as JSON.
enum ListText {
    static func of(_ strings: [String]) -> String {
        JSONValue.array(strings.map(JSONValue.string)).serialized()
    }

    static func of(_ keys: [DuplicateKey]) -> String {
        JSONValue.array(
            keys.map { key in
                .object([
                    JSONMember(name: "key", value: .string(key.key)),
                    JSONMember(name: "rows", value: .number(String(key.rows))),
                ])
            }
        ).serialized()
    }

    /// nil where the text is no such list.
    static func strings(_ text: String) -> [String]? {
        list(text) { $0.string }
    }

    static func duplicateKeys(_ text: String) -> [DuplicateKey]? {
        list(text) { element in
            guard let key = element["key"]?.string, let rows = element["rows"]?.int else {
                return nil
            }
            return DuplicateKey(key: key, rows: rows)
        }
    }

    private static func list<Element>(
        _ text: String,
        _ read: (JSONValue) -> Element?
    ) -> [Element]? {
        do {
            guard let array = try JSONParser.parse(Array(text.utf8)).array else { return nil }
            let elements = array.compactMap(read)
            return elements.count == array.count ? elements : nil
        } catch {
            // Its seal holds, so no Unglue has written this: the caller says where.
            return nil
        }
    }
}
