public import Contract
import Synchronization

/// The operations on tables.
extension FakeDynamoDB {
    func manageTables(_ call: Call) throws(FakeFailure) -> JSONValue {
        try state.withLock { state throws(FakeFailure) in
            switch call.operation {
            case "CreateTable": try state.createTable(call.body)
            case "DescribeTable": try state.describeTable(call.body)
            case "DeleteTable": try state.deleteTable(call.body)
            case "ListTables": state.listTables()
            case "ListTagsOfResource": try state.listTags(call.body)
            default:
                throw FakeFailure(
                    type: "com.amazon.coral.service#UnknownOperationException",
                    message: ""
                )
            }
        }
    }
}

extension FakeDynamoDB.State {
    fileprivate mutating func nextTableID() -> String {
        tablesMade += 1
        return "00000000-0000-4000-8000-\(100_000_000_000 + tablesMade)"
    }

    fileprivate mutating func createTable(_ body: JSONValue) throws(FakeFailure) -> JSONValue {
        var table: FakeTable
        do {
            table = try FakeTable(
                request: body,
                id: nextTableID(),
                creatingAnswers: creatingAnswers
            )
            // Full from the first moment on.
            table.writes.setLimits(defaultWriteLimits, now: .zero)
        } catch {
            throw .validation(error.message)
        }
        guard tables[table.schema.name] == nil else {
            throw FakeFailure(
                type: "com.amazonaws.dynamodb.v20120810#ResourceInUseException",
                message: "Cannot create preexisting table"
            )
        }
        tables[table.schema.name] = table
        return .members(["TableDescription": table.description()])
    }

    fileprivate mutating func describeTable(_ body: JSONValue) throws(FakeFailure) -> JSONValue {
        guard let name = body["TableName"]?.string, let table = tables[name] else {
            throw .notFound
        }
        if table.creatingAnswers > 0 { tables[name]?.creatingAnswers -= 1 }
        return .members(["Table": table.description()])
    }

    fileprivate mutating func deleteTable(_ body: JSONValue) throws(FakeFailure) -> JSONValue {
        guard let name = body["TableName"]?.string, let table = tables[name] else {
            throw .notFound
        }
        tables[name] = nil
        return .members(["TableDescription": table.description()])
    }

    fileprivate func listTables() -> JSONValue {
        .members(["TableNames": .array(tables.keys.sorted().map { .string($0) })])
    }

    fileprivate func listTags(_ body: JSONValue) throws(FakeFailure) -> JSONValue {
        guard let name = body["ResourceArn"]?.string?.split(separator: "/").last,
            let table = tables[String(name)]
        else { throw .notFound }
        return .members(["Tags": table.schema.request["Tags"] ?? .array([])])
    }
}

/// What a test does behind the client's back, and what it asks afterwards.
extension FakeDynamoDB {
    /// The table's items by canonical key, in plain DynamoDB JSON with normalised numbers, members
    /// and sets sorted.
    public func items(of table: String) -> [String: JSONValue] {
        var items: [String: JSONValue] = [:]
        guard let store = state.withLock({ $0.tables[table]?.items }) else { return [:] }
        store.forEach { items[$0.key] = (try? JSONParser.parse($0.bytes)) ?? .null }
        return items
    }

    /// The digest of each of the table's items by canonical key.
    public func digests(of table: String) -> [String: UInt64] {
        var digests: [String: UInt64] = [:]
        guard let store = state.withLock({ $0.tables[table]?.items }) else { return [:] }
        store.forEach { digests[$0.key] = $0.digest }
        return digests
    }

    /// The digest of an item that is written so; nil for one that the service would refuse.
    public static func digest(of item: JSONValue) -> UInt64? {
        (try? ItemRules.check(item)).map { Digest64.of(CanonicalItem.bytes($0.item)) }
    }

    public func itemCount(of table: String) -> Int {
        state.withLock { $0.tables[table]?.items.count ?? 0 }
    }

    public var tableNames: [String] { state.withLock { $0.tables.keys.sorted() } }

    /// Writes an item as an application would, beside the client under test and unseen by the
    /// journal.
    ///
    /// - Throws: `ItemRules.Violation` for an item that the service would refuse.
    public func put(_ item: JSONValue, into table: String) throws(ItemRules.Violation) {
        guard let schema = schema(of: table) else {
            throw ItemRules.Violation(message: "Requested resource not found")
        }
        let checked = try schema.check(item)
        state.withLock { _ = $0.tables[table]?.items.put(checked) }
    }

    /// Takes an item away, by its canonical key.
    public func remove(_ key: String, from table: String) {
        state.withLock { _ = $0.tables[table]?.items.remove(key) }
    }

    /// Deletes a table behind the client's back.
    public func drop(table: String) {
        state.withLock { _ = $0.tables.removeValue(forKey: table) }
    }

    /// Deletes the table and makes it again: empty, of the same shape, with another identity.
    public func recreate(table: String) {
        state.withLock { state in
            guard let old = state.tables[table] else { return }
            let id = state.nextTableID()
            state.tables[table] = try? FakeTable(
                request: old.schema.request,
                id: id,
                creatingAnswers: 0
            )
        }
    }

    /// Empties every table, gives it another identity, and forgets the journal.
    public func clear() {
        for table in tableNames { recreate(table: table) }
        state.withLock { $0.journal.clear() }
    }

    /// What DescribeTable says of the table from now on: `UPDATING`, `DELETING` and the like;
    /// with `CREATING` it also cannot be written.
    public func setStatus(_ status: String, of table: String) {
        state.withLock { $0.tables[table]?.status = status }
    }

    /// Limits of the table's writes from now on, in write units; each key must pass all that cover
    /// it.
    public func setWriteLimits(_ limits: [Limit], of table: String) {
        state.withLock { $0.tables[table]?.writes.setLimits(limits, now: now) }
    }

    /// Limits that each table has from its making.
    public func setDefaultWriteLimits(_ limits: [Limit]) {
        state.withLock { $0.defaultWriteLimits = limits }
    }

    /// The same of reads, in read units.
    public func setReadLimits(_ limits: [Limit], of table: String) {
        state.withLock { $0.tables[table]?.reads.setLimits(limits, now: now) }
    }

    /// The most write units that the table took in any window of that length, to the millisecond.
    public func peakWriteUnits(of table: String, within window: Duration) -> Double {
        let milliseconds = Int(window / .milliseconds(1))
        return state.withLock { $0.tables[table]?.writes.peak(milliseconds: milliseconds) ?? 0 }
    }

    /// Write units that the table took, with the millisecond since the fake's start.
    public func writeUnits(of table: String) -> [(millisecond: Int, units: Double)] {
        state.withLock { $0.tables[table]?.writes.consumed ?? [] }
    }

    /// Writes that the table's limits refused.
    public func throttledWrites(of table: String) -> Int {
        state.withLock { $0.tables[table]?.writes.throttled ?? 0 }
    }

    /// A scan's page ends once it has so many bytes.
    public func setScanPageBytes(_ bytes: Int) {
        state.withLock { $0.scanPageBytes = bytes }
    }

    /// Requests that this access key signed are refused as expired from now on.
    public func expire(accessKeyID: String) {
        state.withLock { _ = $0.expiredKeys.insert(accessKeyID) }
    }

    /// The fake's clock is off by so much from now on, and requests that were signed more than five
    /// minutes off it are refused.
    public func setClockOffset(_ offset: Duration) {
        state.withLock { $0.clockOffset = offset }
    }

    // MARK: The journal

    public var journal: [JournalEntry] { state.withLock { $0.journal.entries } }

    public var requestJournal: [RequestEntry] { state.withLock { $0.journal.requests } }

    public var requests: Int { state.withLock { $0.requests } }

    /// Keeps whole bodies in the request journal from now on.
    public func keepBodies() {
        state.withLock { $0.keepsBodies = true }
    }

    /// Writes the journal to a file from now on, a JSON document a line, and keeps none of it in
    /// memory.
    ///
    /// - Throws: `SystemError` where the file cannot be written.
    public func writeJournal(to path: String) throws {
        try state.withLock { try $0.journal.write(to: path) }
    }

    /// Keeps no journal from now on.
    public func keepNoJournal() {
        state.withLock { $0.journal.mode = .none }
    }

    /// Digest of the last write that was applied to each key of the table; nil for a delete.
    public func lastApplied(in table: String) -> [String: UInt64?] {
        var last: [String: UInt64?] = [:]
        for entry in journal where entry.table == table && entry.isApplied {
            last[entry.key] = .some(entry.digest)
        }
        return last
    }

    /// The keys of which a write was acknowledged before a moment since the fake's start.
    public func acknowledged(in table: String, before moment: Duration? = nil) -> Set<String> {
        Set(
            journal.lazy.filter { entry in
                guard entry.table == table, let time = entry.acknowledgedAt else { return false }
                return moment.map { time < $0 } ?? true
            }.map(\.key)
        )
    }
}
