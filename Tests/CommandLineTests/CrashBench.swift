import Contract
import Foundation
import Glibc
import MySQLSource
import Pipeline
import RunLedger
import Synchronization
import TestSupport
import Testing

@testable import unglue

/// Two tables of a few hundred rows in a database of their own, the fake endpoint, a state
/// directory, and what must become of them: run the program, end it wherever it hurts, run it
/// again, and compare everything.
///
/// Among the books are two rows that cannot become items, and two that share a key.
final class CrashBench {
    static let books = 430
    static let authors = 130
    static let rejected = [17, 210]
    /// The first of them in source order is the item.
    static let sameKey = (first: 21, second: 333)
    static let bookTable = "crash-Books"
    static let authorTable = "crash-Authors"

    /// Where the environment has a server to read from.
    static var isPossible: Bool { SourceServer.mysql.url != nil || SourceServer.isRequired }

    let directory: TemporaryDirectory
    let connection: MySQLConnection
    let fake: FakeDynamoDB
    let database = "unglue_crash_\(UInt32.random(in: 0 ... .max))"
    let environment: [String: String]
    /// What goes wrong with requests, for tests that want it.
    let faults = FaultBox()
    var arguments = ["--readers=2", "--workers=1", "--in-flight=4", "--chunk-rows=100"]

    /// A fault decision that can be changed while the fake runs.
    final class FaultBox: Sendable {
        private let decision = Mutex<@Sendable (FakeDynamoDB.Request) -> FakeDynamoDB.Fault?>({
            _ in nil
        })

        func set(_ new: @escaping @Sendable (FakeDynamoDB.Request) -> FakeDynamoDB.Fault?) {
            decision.withLock { $0 = new }
        }

        func fault(of request: FakeDynamoDB.Request) -> FakeDynamoDB.Fault? {
            decision.withLock { $0 }(request)
        }
    }

    init(_ server: SourceServer = .mysql) throws {
        connection = try server.connect()
        directory = try TemporaryDirectory()
        fake = try FakeDynamoDB { [faults] in faults.fault(of: $0) }
        environment = try server.environment(database: database, endpoint: fake.url)
        _ = try directory.write(Self.contract, to: "crash.json")
        for sql in statements { try connection.execute(sql, operation: "set up the test") }
        for arguments in [
            ["views", "crash.json", "--apply"], ["tables", "crash.json", "--create"],
        ] {
            let outcome = try run(arguments)
            guard outcome.status == 0 else { throw Unexpected(what: "\(arguments): \(outcome)") }
        }
    }

    deinit {
        fake.stop()
        do {
            try connection.execute("DROP DATABASE \(database)", operation: "clean up")
        } catch {
            Issue.record("the test's database stays: \(error)")
        }
    }

    struct Unexpected: Error, CustomStringConvertible {
        var what: String
        var description: String { what }
    }

    func execute(_ sql: String) throws {
        try connection.execute(sql, operation: "prepare the test")
    }

    /// Empty tables, no state, no faults: as before the first run.
    func reset() throws {
        faults.set { _ in nil }
        fake.clear()
        if FileManager.default.fileExists(atPath: statePath) {
            try FileManager.default.removeItem(atPath: statePath)
        }
    }

    var statePath: String { "\(directory.path)/state" }

    /// Runs the program to its end, which must come within a minute.
    func run(_ arguments: [String], adding: [String: String] = [:]) throws -> Outcome {
        let process = try start(arguments, adding: adding)
        return try finish(process)
    }

    /// `unglue run` on the bench's contract and state.
    func migrate(_ extra: [String] = [], adding: [String: String] = [:]) throws -> Outcome {
        try run(migration(extra), adding: adding)
    }

    /// The same a while after an earlier one.
    func resume(_ extra: [String] = []) throws -> Outcome {
        try migrate(extra, adding: try CrashPoints.later(self))
    }

    func migration(_ extra: [String] = []) -> [String] {
        ["run", "crash.json", "--state=state", "--output=json", "--no-progress"] + arguments + extra
    }

    func start(_ arguments: [String], adding: [String: String] = [:]) throws -> Process {
        for name in [".output", ".errors"] { _ = try directory.write("", to: name) }
        let (output, errors) = ("\(directory.path)/.output", "\(directory.path)/.errors")
        return try Program.start(
            arguments + ["--table-prefix", "crash-"],
            environment: environment.merging(adding) { _, new in new },
            in: directory.path,
            output: try #require(FileHandle(forWritingAtPath: output)),
            errors: try #require(FileHandle(forWritingAtPath: errors))
        )
    }

    /// Waits for the end of the process.
    ///
    /// The status is that of a shell: 128 and the signal for one that was killed.
    func finish(_ process: Process, withinSeconds seconds: Int = 60) throws -> Outcome {
        let deadline = ContinuousClock().now + .seconds(seconds)
        while process.isRunning {
            if ContinuousClock().now > deadline {
                kill(process.processIdentifier, SIGKILL)
                throw Unexpected(
                    what: "the program did not end within \(seconds) s: "
                        + (try directory.read(".errors"))
                )
            }
            usleep(2_000)
        }
        let base: Int32 = process.terminationReason == .uncaughtSignal ? 128 : 0
        return Outcome(
            status: base + process.terminationStatus,
            output: try directory.read(".output"),
            errors: try directory.read(".errors")
        )
    }

    /// Waits until as many requests with items were answered, or the process has ended.
    func wait(forWrites count: Int, of process: Process) {
        while process.isRunning && fake.journal.count(where: \.isAcknowledged) < count {
            usleep(1_000)
        }
    }
}

// MARK: The rows, and the items that they must become

extension CrashBench {
    static let contract = """
        {"tables": [
          {"table": "Books", "type": "single-entity", "source_table": "books",
           "pk": "shelf", "sk": "title",
           "attributes": [
             {"name": "shelf", "type": "S", "source_table": "books", "source_column": "shelf"},
             {"name": "title", "type": "S", "source_table": "books", "source_column": "title"},
             {"name": "id", "type": "N", "source_table": "books", "source_column": "id"},
             {"name": "price", "type": "N", "source_table": "books", "source_column": "price"},
             {"name": "note", "type": "S", "source_table": "books", "source_column": "note"}]},
          {"table": "Authors", "type": "single-entity", "source_table": "authors", "pk": "id",
           "attributes": [
             {"name": "id", "type": "N", "source_table": "authors", "source_column": "id"},
             {"name": "name", "type": "S", "source_table": "authors", "source_column": "name"}]}]}
        """

    /// A row of books, NULL as nil.
    struct Book {
        var id: Int
        var shelf: String
        var title: String
        var price: String
        var note: String?

        init(_ id: Int) {
            let twin = id == CrashBench.sameKey.second ? CrashBench.sameKey.first : id
            self.id = id
            shelf = "shelf \(twin % 7)"
            title = CrashBench.rejected.contains(id) ? "" : "Title \(twin) \u{1F4D6}"
            price = "\(id / 4).\(["00", "25", "50", "75"][id % 4])"
            note = id % 3 == 0 ? nil : #"a "note" \ of \#(id)"#
        }

        /// As the fake has it: length and text of each part of the key.
        var key: String { "\(shelf.utf8.count):\(shelf)|\(title.utf8.count):\(title)" }

        var item: JSONValue {
            var members = [
                JSONMember(name: "shelf", value: .members(["S": .string(shelf)])),
                JSONMember(name: "title", value: .members(["S": .string(title)])),
                JSONMember(name: "id", value: .members(["N": .string("\(id)")])),
                JSONMember(name: "price", value: .members(["N": .string(price)])),
            ]
            if let note {
                members.append(JSONMember(name: "note", value: .members(["S": .string(note)])))
            }
            return .object(members)
        }
    }

    private var statements: [String] {
        func quoted(_ text: String?) -> String {
            guard let text else { return "NULL" }
            return "'"
                + text.replacingOccurrences(of: "\\", with: "\\\\")
                .replacingOccurrences(of: "'", with: "''") + "'"
        }
        let books = (1...Self.books).map(Book.init).map { book in
            "(\(book.id), \(quoted(book.shelf)), \(quoted(book.title)), \(book.price), "
                + "\(quoted(book.note)))"
        }
        let authors = (1...Self.authors).map { "(\($0), 'Author \($0)')" }
        return [
            "CREATE DATABASE \(database) CHARACTER SET utf8mb4",
            """
            CREATE TABLE \(database).books (id BIGINT PRIMARY KEY, shelf VARCHAR(20) NOT NULL, \
            title VARCHAR(50) NOT NULL, price DECIMAL(10,2), note TEXT)
            """,
            "CREATE TABLE \(database).authors (id BIGINT PRIMARY KEY, name VARCHAR(50))",
            "INSERT INTO \(database).books VALUES \(books.joined(separator: ", "))",
            "INSERT INTO \(database).authors VALUES \(authors.joined(separator: ", "))",
        ]
    }

    static func author(_ id: Int) -> (key: String, item: JSONValue) {
        let item = JSONValue.members([
            "id": .members(["N": .string("\(id)")]),
            "name": .members(["S": .string("Author \(id)")]),
        ])
        return ("\("\(id)".utf8.count):\(id)", item)
    }

    /// Digests of the items of each table by key.
    static let expected: [String: [String: UInt64]] = {
        var items: [String: UInt64] = [:]
        for book in (1...books).map(Book.init) where !rejected.contains(book.id) {
            if items[book.key] == nil { items[book.key] = FakeDynamoDB.digest(of: book.item) }
        }
        var others: [String: UInt64] = [:]
        for id in 1...authors {
            let (key, item) = author(id)
            others[key] = FakeDynamoDB.digest(of: item)
        }
        return [bookTable: items, authorTable: others]
    }()
}

// MARK: What must hold

extension CrashBench {
    /// Records every way in which the state of things is not that after a complete run.
    func expectComplete(_ outcome: Outcome, _ context: String) throws {
        #expect(outcome.status == 3, "\(context): \(outcome.errors)")
        for (table, expected) in Self.expected {
            let found = fake.digests(of: table)
            if found != expected {
                let missing = expected.keys.filter { found[$0] == nil }.sorted()
                let extra = found.keys.filter { expected[$0] == nil }.sorted()
                let other = found.filter { expected[$0.key] ?? $0.value != $0.value }.keys.sorted()
                Issue.record(
                    "\(context): \(table): missing \(missing), extra \(extra), other \(other)"
                )
            }
        }
        try expectReport(outcome, context)
        try expectDeadLetters(outcome, context)
    }

    private func expectReport(_ outcome: Outcome, _ context: String) throws {
        let report = try JSONParser.parse(Array(outcome.output.utf8))
        let expected = [
            "Books": [
                "rows_read": Self.books, "items_written": Self.books - 3, "items_kept": 0,
                "duplicates": 1, "rejected": 2,
            ],
            "Authors": [
                "rows_read": Self.authors, "items_written": Self.authors, "items_kept": 0,
                "duplicates": 0, "rejected": 0,
            ],
        ]
        for table in report["tables"]?.array ?? [] {
            let name = try #require(table["table"]?.string)
            let counts = try #require(
                expected[String(name.drop { $0 != "-" }.dropFirst())] ?? expected[name]
            )
            for (member, count) in counts {
                #expect(table[member]?.int == count, "\(context): \(name).\(member)")
            }
        }
        #expect(report["tables"]?.array?.count == 2, "\(context)")
    }

    private func expectDeadLetters(_ outcome: Outcome, _ context: String) throws {
        let report = try JSONParser.parse(Array(outcome.output.utf8))
        let path = try #require(report["dead_letters"]?.string, "\(context)")
        let rows = try directory.read(path).split(separator: "\n").map { line in
            try JSONParser.parse(Array(line.utf8))["row"]?["id"]?.string
        }
        #expect(
            rows.compactMap(\.self).sorted() == Self.rejected.map { "\($0)" }.sorted(),
            "\(context): dead letters"
        )
    }

    /// Rows of a chunk that a checkpoint has as finished, by entity.
    struct Finished {
        var table: String
        var keys: Set<String>
    }

    /// What the last checkpoint claims: read from a copy, so that the state stays as it was left.
    func finishedChunks() throws -> [Finished] {
        guard FileManager.default.fileExists(atPath: "\(statePath)/ledger.sqlite") else {
            return []
        }
        let copy = "\(directory.path)/copy"
        try? FileManager.default.removeItem(atPath: copy)
        try FileManager.default.copyItem(atPath: statePath, toPath: copy)
        let store = try LedgerStore(directory: copy, access: .writer(command: "test"))
        guard let run = try store.runs(limit: 1).first, run.isUnfinished else { return [] }
        let point = try store.resume(run.run).point
        return zip([Self.bookTable, Self.authorTable], point.chunks).flatMap { table, chunks in
            chunks.map { Finished(table: table, keys: keys(of: $0.range, table: table)) }
        }
    }

    private func keys(of range: ChunkRange, table: String) -> Set<String> {
        if range.isNullKeys { return [] }
        let count = table == Self.bookTable ? Self.books : Self.authors
        func bound(_ bound: [[UInt8]]?, _ standard: Int) -> Int {
            bound.flatMap { Int(String(decoding: $0[0], as: UTF8.self)) } ?? standard
        }
        let first = max(1, bound(range.lower, 0) + 1)
        let last = min(count, bound(range.upper, count))
        guard first <= last else { return [] }
        let ids = (first...last).filter { table != Self.bookTable || !Self.rejected.contains($0) }
        return Set(ids.map { table == Self.bookTable ? Book($0).key : Self.author($0).key })
    }

    /// Records each key that a checkpoint covers and that nobody acknowledged.
    ///
    /// - Returns: what the checkpoint covers, by table.
    func expectAcknowledged(_ context: String) throws -> [String: Set<String>] {
        var covered: [String: Set<String>] = [:]
        for finished in try finishedChunks() {
            let lost = finished.keys.subtracting(fake.acknowledged(in: finished.table))
            #expect(lost.isEmpty, "\(context): the checkpoint covers \(lost.sorted().prefix(3))")
            covered[finished.table, default: []].formUnion(finished.keys)
        }
        return covered
    }
}

extension JSONValue {
    static func members(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
        .object(members.map { JSONMember(name: $0.key, value: $0.value) })
    }
}
