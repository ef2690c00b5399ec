import Pipeline
import Testing

@testable import RunLedger

@Suite("the ledger's format")
struct SchemaTests {
    /// A made-up next format.
    static let next = Schema(
        migrations: Schema.current.migrations + [
            [
                "CREATE TABLE notes (run INTEGER NOT NULL, text TEXT NOT NULL) STRICT",
                "INSERT INTO notes SELECT number, 'from ' || run FROM runs",
            ]
        ]
    )

    @Test("is brought up to date by a writer, with all that is in it")
    func migrates() throws {
        let directory = try TemporaryDirectory()
        try RefusalTests.fill(directory)
        let before = try directory.store(.reader).runs()
        do {
            let store = try directory.store(schema: Self.next)
            #expect(try store.runs() == before)
            #expect(try store.resume("r1").point.chunks[0].count == 200)
        }
        let database = try directory.database()
        #expect(try database.value("PRAGMA user_version", "look") == .integer(Int64(2)))
        #expect(try database.value("SELECT text FROM notes", "look") == .text("from r1"))
        // It stays as it is when it is opened again, and the old one does not touch it.
        _ = try directory.store(schema: Self.next)
        #expect(
            LedgerError.message { _ = try directory.store() } == """
                could not open '\(directory.path)/ledger.sqlite': it was made by a newer Unglue \
                (format 2; this one knows 1); use that Unglue, or give --state another directory
                """
        )
    }

    @Test("of an older one is not changed by a reader, who says so")
    func olderReader() throws {
        let directory = try TemporaryDirectory()
        try RefusalTests.fill(directory)
        #expect(
            LedgerError.message { _ = try directory.store(.reader, schema: Self.next) } == """
                could not open '\(directory.path)/ledger.sqlite': it was made by an older Unglue \
                (format 1; this one has 2); the next `unglue run` on it brings it up to date
                """
        )
        #expect(try directory.store(.reader).runs().count == 1)
    }

    @Test("is as it was where a step towards the next fails")
    func failedMigration() throws {
        let directory = try TemporaryDirectory()
        try RefusalTests.fill(directory)
        let bad = Schema(
            migrations: Self.next.migrations + [["CREATE TABLE more (a)", "DROP TABLE missing"]]
        )
        #expect(
            LedgerError.message { _ = try directory.store(schema: bad) } == """
                could not migrate '\(directory.path)/ledger.sqlite': no such table: missing \
                (SQLite error 1); this is a mistake in Unglue: please report it
                """
        )
        #expect(try directory.store(.reader).runs().map(\.jobs[0].chunks) == [200])
    }

    @Test("is that of this version's first release, to the letter")
    func released() {
        // What is released never changes: a new format is a new step.
        let text = Schema.current.migrations[0].joined(separator: "\n")
        #expect(Seal.of(table: "schema", [.text(text)]) == 18_284_179_467_072_199_312)
        #expect(Schema.current.version == 1)
    }

    @Test("of seals never changes")
    func seals() {
        #expect(Seal.of(table: "t", []) == 212_156_850_433_235_650)
        #expect(
            Seal.of(
                table: "t",
                [.null, .integer(Int64(-1)), .real(0.5), .text("é"), .blob([0, 1])]
            ) == 9_194_675_971_333_865_664
        )
    }

    @Test("writes a ledger with synchronous writes, a log, checked keys and no trust in its tables")
    func settings() throws {
        let directory = try TemporaryDirectory()
        let store = try directory.store()
        for (pragma, value) in [
            ("journal_mode", SQLValue.text("wal")), ("synchronous", .integer(Int64(2))),
            ("foreign_keys", .integer(Int64(1))), ("trusted_schema", .integer(Int64(0))),
            ("busy_timeout", .integer(Int64(5000))), ("cell_size_check", .integer(Int64(1))),
            ("wal_autocheckpoint", .integer(Int64(0))), ("user_version", .integer(Int64(1))),
            ("application_id", .integer(Int64(0x556E_676C))),
        ] {
            let found = try store.write("look") { (database: Database) throws(LedgerError) in
                try database.value("PRAGMA \(pragma)", "look")
            }
            #expect(found == value, "\(pragma)")
        }
    }

    @Test(
        "says of every failure of SQLite what it means",
        arguments: [
            (
                Int32(13), LedgerError.Kind.full,
                "the disk is full; make room and run the same command again: the last checkpoint is intact"
            ),
            (
                Int32(1034), .inputOutput,
                "the disk failed: words (SQLite error 1034); the last checkpoint is intact, but see to the disk before the same command is run again"
            ),
            (
                Int32(8), .unusable,
                "words (SQLite error 8); give --state a directory where files can be made and written"
            ),
            (
                Int32(5), .locked,
                "another program has locked it: words (SQLite error 5); close the program that has it open, such as a database browser"
            ),
            (
                Int32(523), .damaged,
                "it is damaged: words (SQLite error 523); \(LedgerError.moveAwayHint)"
            ),
        ]
    )
    func codes(_ row: (code: Int32, kind: LedgerError.Kind, message: String)) {
        let error = LedgerError.sqlite(row.code, "words", "record a checkpoint in", "s/l")
        #expect(error.kind == row.kind)
        #expect(error.code == row.code)
        #expect(error.description == "could not record a checkpoint in 's/l': \(row.message)")
    }
}
