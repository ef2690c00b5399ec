import Foundation
import Pipeline
import Testing

@testable import RunLedger

@Suite("a ledger that cannot be used")
struct RefusalTests {
    /// One way in which a ledger with a run in it is spoilt, and what is said of it.
    struct Damage: Sendable, CustomTestStringConvertible {
        var name: String
        var operation = "open"
        var message: String
        var hint = LedgerError.moveAwayHint
        var kind = LedgerError.Kind.damaged
        var spoil: @Sendable (TemporaryDirectory) throws -> Void
        var testDescription: String { name }
    }

    static let damages: [Damage] = [
        Damage(name: "empty", message: "it is empty") { try $0.write([], to: "ledger.sqlite") },
        Damage(
            name: "text",
            message: "it is not a SQLite database, or its beginning is damaged"
        ) { try $0.write(Array(repeating: 0x41, count: 8192), to: "ledger.sqlite") },
        Damage(
            name: "cut to half",
            message: "it is damaged: database disk image is malformed (SQLite error 11)"
        ) {
            let bytes = try $0.bytes("ledger.sqlite")
            try $0.write(Array(bytes.prefix(bytes.count / 2)), to: "ledger.sqlite")
        },
        Damage(
            name: "cut within its first page",
            message: "it is damaged: database disk image is malformed (SQLite error 11)"
        ) {
            try $0.write(Array(try $0.bytes("ledger.sqlite").prefix(700)), to: "ledger.sqlite")
        },
        Damage(
            name: "a page of zeros in the midst",
            operation: "check",
            message: "it is damaged"
        ) {
            var bytes = try $0.bytes("ledger.sqlite")
            for index in 3 * 4096..<4 * 4096 { bytes[index] = 0 }
            try $0.write(bytes, to: "ledger.sqlite")
        },
        Damage(
            name: "another program's database",
            message: "it is a SQLite database, but no ledger of Unglue",
            hint: "give --state another directory, or move the file away",
            kind: .foreign
        ) { try $0.database().execute("PRAGMA application_id = 1", "spoil") },
        Damage(name: "no version", message: "it has no version") {
            try $0.database().execute("PRAGMA user_version = 0", "spoil")
        },
        Damage(
            name: "made by a newer one",
            message: "it was made by a newer Unglue (format 2; this one knows 1)",
            hint: "use that Unglue, or give --state another directory",
            kind: .newer
        ) { try $0.database().execute("PRAGMA user_version = 2", "spoil") },
        Damage(name: "a table more", message: "its tables are not those of format 1") {
            try $0.database().execute("CREATE TABLE t (a)", "spoil")
        },
        Damage(name: "a trigger", message: "its tables are not those of format 1") {
            try $0.database().execute(
                "CREATE TRIGGER t AFTER INSERT ON runs BEGIN DELETE FROM jobs; END",
                "spoil"
            )
        },
        Damage(
            name: "gone, with its log left behind",
            message: "it is gone, while its write-ahead log ledger.sqlite-wal is there",
            hint: """
                put it back, or move ledger.sqlite-wal away and start again: rows are then written \
                again, which is safe
                """
        ) {
            try $0.move("ledger.sqlite", to: "elsewhere")
            try $0.write([1, 2, 3], to: "ledger.sqlite-wal")
        },
        Damage(
            name: "somebody's journal beside it",
            message: "a journal that is not its own lies beside it"
        ) { try $0.write([1], to: "ledger.sqlite-journal") },
    ]

    @Test("is refused by name, with what to do, and left as it is", arguments: damages)
    func damaged(_ damage: Damage) throws {
        let directory = try TemporaryDirectory()
        try Self.fill(directory)
        try damage.spoil(directory)
        let before = try directory.names.filter { $0 != "lock" && !$0.hasSuffix("-shm") }
        let bytes = try before.map { try directory.bytes($0) }
        let error = #expect(throws: LedgerError.self) { _ = try directory.store() }
        #expect(
            error?.description == """
                could not \(damage.operation) '\(directory.path)/ledger.sqlite': \
                \(damage.message); \(damage.hint)
                """
        )
        #expect(error?.kind == damage.kind)
        let after = try directory.names.filter { $0 != "lock" && !$0.hasSuffix("-shm") }
        #expect(after == before)
        #expect(try after.map { try directory.bytes($0) } == bytes)
        // Nobody is kept out by a failed attempt.
        #expect(
            try !LedgerStore(directory: directory.path + "/none", access: .reader).isBeingWritten
        )
        if damage.operation == "open" {
            let other = #expect(throws: LedgerError.self) { _ = try directory.store(.reader) }
            #expect(other?.description == error?.description)
        }
    }

    /// A ledger with a run of some checkpoints, closed.
    static func fill(_ directory: TemporaryDirectory) throws {
        let journal = try directory.store().begin(Sample.run("r1"))
        for number in 1...5 { try journal.record(Sample.checkpoint(number, chunks: 40)) }
        try journal.finish(.interrupted, jobs: [], errors: [], seconds: 2)
    }

    @Test(
        "is not reached through a symbolic link",
        arguments: ["ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm", "lock"]
    )
    func symbolicLinks(_ name: String) throws {
        let directory = try TemporaryDirectory()
        try Self.fill(directory)
        let elsewhere = try TemporaryDirectory()
        try elsewhere.write([], to: "target")
        if try directory.names.contains(name) { try directory.move(name, to: "kept") }
        try directory.link(name, to: "\(elsewhere.path)/target")
        let expected = """
            could not open '\(directory.path)/\(name)': it is a symbolic link, which is not \
            followed; give --state the directory itself, with its files in it
            """
        #expect(LedgerError.message { _ = try directory.store() } == expected)
        #expect(LedgerError.message { _ = try directory.store(.reader) } == expected)
        #expect(try elsewhere.bytes("target") == [])
        // Neither through one that points nowhere: nothing is made at its end.
        try FileManager.default.removeItem(atPath: "\(elsewhere.path)/target")
        #expect(LedgerError.message { _ = try directory.store() } == expected)
        #expect(try elsewhere.names == [])
    }

    @Test("is not reached through a directory that is a symbolic link, but below one")
    func linkedDirectory() throws {
        let directory = try TemporaryDirectory()
        let elsewhere = try TemporaryDirectory()
        try directory.link("state", to: elsewhere.path)
        for path in ["\(directory.path)/state", "\(directory.path)/state/"] {
            #expect(
                LedgerError.message {
                    _ = try LedgerStore(directory: path, access: .writer(command: "unglue"))
                } == """
                    could not open '\(directory.path)/state': it is a symbolic link, which is not \
                    followed; give --state the directory itself, with its files in it
                    """
            )
        }
        try FileManager.default.createDirectory(
            atPath: "\(elsewhere.path)/below",
            withIntermediateDirectories: false
        )
        let store = try LedgerStore(
            directory: "\(directory.path)/state/below/",
            access: .writer(command: "unglue")
        )
        _ = try store.begin(Sample.run("r1"))
        #expect(try store.runs().map(\.run) == ["r1"])
    }

    @Test("is refused where its files are no files")
    func devices() throws {
        for name in ["ledger.sqlite", "lock"] {
            let directory = try TemporaryDirectory()
            try FileManager.default.createDirectory(
                atPath: "\(directory.path)/\(name)",
                withIntermediateDirectories: false
            )
            #expect(
                LedgerError.message { _ = try directory.store() } == """
                    could not open '\(directory.path)/\(name)': it is no regular file; move it \
                    away, or give --state another directory
                    """
            )
        }
    }

    @Test("is refused where there is no directory, or a file instead of one")
    func directories() throws {
        let directory = try TemporaryDirectory()
        try directory.write([], to: "file")
        for (name, message) in [
            ("none", "there is no such directory"), ("file", "it is no directory"),
            ("file/below", "Not a directory"),
        ] {
            #expect(
                LedgerError.message {
                    _ = try LedgerStore(
                        directory: "\(directory.path)/\(name)",
                        access: .writer(command: "unglue")
                    )
                } == """
                    could not open '\(directory.path)/\(name)': \(message); give --state a \
                    directory where files can be made and written
                    """
            )
        }
    }

    /// What may not be written, by its modes; the directory's and then a file's.
    struct ReadOnly: Sendable, Codable, CustomTestStringConvertible {
        var directoryMode: Int
        var file: String
        var fileMode: Int
        var blamed: String
        var testDescription: String { blamed.isEmpty ? "directory" : blamed }
    }

    static let readOnly = [
        ReadOnly(directoryMode: 0o555, file: "ledger.sqlite", fileMode: 0o666, blamed: ""),
        ReadOnly(
            directoryMode: 0o777,
            file: "ledger.sqlite",
            fileMode: 0o444,
            blamed: "/ledger.sqlite"
        ),
        ReadOnly(directoryMode: 0o777, file: "lock", fileMode: 0o444, blamed: "/lock"),
    ]

    @Test("is refused by a writer where it may not be written, and read all the same")
    func readOnlyPlaces() async throws {
        for place in Self.readOnly {
            let directory = try TemporaryDirectory()
            try Self.fill(directory)
            for name in ["ledger.sqlite", "lock"] { try directory.setMode(0o666, of: name) }
            try directory.setMode(place.fileMode, of: place.file)
            try directory.setMode(place.directoryMode, of: "")
            // To root nothing is read-only, so the test is nobody for a while, in a child.
            await #expect(processExitsWith: .success) {
                [path = directory.path as String, place = place as ReadOnly] in
                try Nobody.become()
                #expect(
                    LedgerError.message {
                        _ = try LedgerStore(directory: path, access: .writer(command: "unglue"))
                    } == """
                        could not write to '\(path)\(place.blamed)': Permission denied; give \
                        --state a directory where files can be made and written
                        """
                )
                let reader = try LedgerStore(directory: path, access: .reader)
                #expect(try reader.runs().map(\.jobs[0].chunks) == [200])
            }
            try directory.setMode(0o700, of: "")
        }
    }
}

enum Nobody {
    /// Gives up all rights of this process that are not everybody's.
    static func become() throws {
        guard geteuid() == 0 else { return }
        try #require(setgroups(0, nil) == 0 && setegid(65_534) == 0 && seteuid(65_534) == 0)
    }
}

extension TemporaryDirectory {
    func setMode(_ mode: Int, of name: String) throws {
        try FileManager.default.setAttributes(
            [.posixPermissions: mode],
            ofItemAtPath: name.isEmpty ? path : "\(path)/\(name)"
        )
    }
}
