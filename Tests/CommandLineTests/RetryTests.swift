import Foundation
import Glibc
import Testing

@testable import unglue

/// A bench on which a run has rejected rows.
struct RetryBench {
    let bench: Bench
    /// The run's name, and the path of its dead letters from the bench's directory.
    let run: String
    let path: String

    /// Migrates by a contract with what makes rows be rejected already in place.
    init(_ bench: Bench, contract: String = "books.json", _ arguments: [String] = []) throws {
        self.bench = bench
        let outcome = try bench.run(
            ["run", contract, "--setup", "--output=json", "--quiet"] + arguments
        )
        let report = try Self.object(outcome.output)
        #expect(outcome.status == 3, "\(outcome)")
        run = try #require(report["run"] as? String)
        path = try #require(report["dead_letters"] as? String)
    }

    static func object(_ text: String) throws -> [String: Any] {
        try #require(
            JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any],
            "\(text)"
        )
    }

    /// The letters that are left; nil where there is no file.
    var letters: [[String: Any]]? {
        get throws {
            let file = "\(bench.directory.path)/\(path)"
            guard FileManager.default.fileExists(atPath: file) else { return nil }
            return try bench.directory.read(path).split(separator: "\n").map {
                try Self.object(String($0))
            }
        }
    }

    func retry(_ arguments: [String] = []) throws -> Outcome {
        try bench.run(["retry", run, "--output=json", "--quiet"] + arguments)
    }

    /// Retries, and expects these counts of the only table.
    func expectRetry(
        _ arguments: [String] = [],
        status: Int32 = 0,
        letters: Int,
        written: Int = 0,
        kept: Int = 0,
        gone: Int = 0,
        rejected: Int = 0,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let outcome = try retry(arguments)
        #expect(outcome.status == status, "\(outcome)", sourceLocation: sourceLocation)
        let report = try Self.object(outcome.output)
        let tables = try #require(report["tables"] as? [[String: Any]])
        let counts = [
            ("letters", letters), ("written", written), ("kept", kept), ("gone", gone),
            ("rejected", rejected),
        ]
        for object in [report] + tables {
            for (name, count) in counts {
                #expect(object[name] as? Int == count, "\(name)", sourceLocation: sourceLocation)
            }
        }
        #expect(report["run"] as? String == run, sourceLocation: sourceLocation)
        #expect(
            report["dead_letters"] as? String == (rejected > 0 ? path : nil),
            sourceLocation: sourceLocation
        )
        #expect(try self.letters?.count ?? 0 == rejected, sourceLocation: sourceLocation)
    }

    /// What `status` says of the run and its only table.
    func expectStatus(
        _ state: String,
        read: Int,
        written: Int,
        kept: Int = 0,
        rejected: Int = 0,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let outcome = try Program.run(
            ["status", run, "--output=json"],
            in: bench.directory.path
        )
        let document = try Self.object(outcome.output)
        let run = try #require((document["runs"] as? [[String: Any]])?.first)
        let table = try #require((run["tables"] as? [[String: Any]])?.first)
        #expect(run["state"] as? String == state, sourceLocation: sourceLocation)
        #expect(table["state"] as? String == state, sourceLocation: sourceLocation)
        for (name, count) in [
            ("rows_read", read), ("items_written", written), ("items_kept", kept),
            ("rejected", rejected),
        ] {
            #expect(table[name] as? Int == count, "\(name)", sourceLocation: sourceLocation)
        }
    }

    /// The table holds exactly what the rows say.
    func expectComplete(
        _ contract: String = "books.json",
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let outcome = try bench.run(["verify", contract, "--no-progress", "--quiet"])
        #expect(outcome.status == 0, "\(outcome)", sourceLocation: sourceLocation)
    }
}

@Suite("retry on real servers", .enabled(if: !SourceServer.present.isEmpty))
struct RetryTests {
    private func bench(_ server: SourceServer) throws -> RetryBench {
        let bench = try Bench(server)
        try bench.execute("INSERT INTO \(bench.database).books VALUES (4, '', 1), (5, '', 2)")
        return try RetryBench(bench)
    }

    @Test("writes rows that were corrected in MySQL", arguments: SourceServer.present)
    func mended(_ server: SourceServer) throws {
        let retry = try bench(server)
        try retry.expectRetry(status: 3, letters: 2, rejected: 2)
        try retry.expectStatus("partial", read: 5, written: 3, rejected: 2)
        try retry.bench.execute("UPDATE \(retry.bench.database).books SET title='x' WHERE id=4")
        try retry.expectRetry(status: 3, letters: 2, written: 1, rejected: 1)
        try retry.expectStatus("partial", read: 5, written: 4, rejected: 1)
        let letter = try #require(try retry.letters?.first)
        #expect(letter["reason"] as? String == "key attribute title is empty")
        #expect(letter["key"] as? [String: [String: String]] == ["id": ["N": "5"]])
        #expect((letter["row"] as? [String: String])?["_key_id"] == "5")
        try retry.bench.execute("UPDATE \(retry.bench.database).books SET title='y' WHERE id=5")
        try retry.expectRetry(letters: 1, written: 1)
        try retry.expectStatus("succeeded", read: 5, written: 5)
        #expect(try retry.letters == nil)
        try retry.expectComplete()
        let text = try retry.bench.run(["retry", retry.run])
        #expect(text.status == 0)
        #expect(
            text.output.hasSuffix("\n\nThe run has no dead letters: there is nothing to do.\n")
        )
    }

    @Test("prints what became of the letters, and leaves a file of the owner's alone")
    func text() throws {
        let retry = try bench(try #require(SourceServer.present.first))
        try retry.bench.execute("UPDATE \(retry.bench.database).books SET title='x' WHERE id=4")
        let outcome = try retry.bench.run(["retry", retry.run])
        #expect(outcome.status == 3)
        let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0].hasPrefix("Retry of run \(retry.run) partial in "))
        #expect(
            lines.dropFirst().joined(separator: "\n") == """

                TABLE  LETTERS  WRITTEN  KEPT  GONE  REJECTED
                Books        2        1     0     0         1

                1 letter is left in \(retry.path), with the reasons as they are now

                """
        )
        let attributes = try FileManager.default.attributesOfItem(
            atPath: "\(retry.bench.directory.path)/\(retry.path)"
        )
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test("counts rows that are gone from MySQL", arguments: SourceServer.present)
    func gone(_ server: SourceServer) throws {
        let retry = try bench(server)
        try retry.bench.execute("DELETE FROM \(retry.bench.database).books WHERE id = 4")
        try retry.expectRetry(status: 3, letters: 2, gone: 1, rejected: 1)
        try retry.expectStatus("partial", read: 4, written: 3, rejected: 1)
    }

    @Test("maps by a mended contract", arguments: SourceServer.present)
    func contract(_ server: SourceServer) throws {
        let bench = try Bench(server)
        let strict = Bench.contract.replacingOccurrences(
            of: #""source_column": "price""#,
            with: #""source_column": "price", "null": "reject""#
        )
        _ = try bench.directory.write(strict, to: "strict.json")
        let retry = try RetryBench(bench, contract: "strict.json")
        try retry.expectRetry(status: 3, letters: 1, rejected: 1)
        let outcome = try bench.run(["retry", retry.run, "--contract", "books.json"])
        #expect(outcome.status == 0, "\(outcome)")
        #expect(
            outcome.errors.contains(
                "'books.json' has changed since the run: its rows are mapped by what it says now"
            )
        )
        try retry.expectStatus("succeeded", read: 3, written: 3)
        try retry.expectComplete()
    }

    @Test("finds rows by keys of every kind", arguments: SourceServer.present)
    func keys(_ server: SourceServer) throws {
        let bench = try Bench(server)
        try bench.execute(
            """
            CREATE TABLE \(bench.database).codes (
              code VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_german1_ci, at DATETIME(6),
              bin VARBINARY(4), amount DECIMAL(7,2), note VARCHAR(20), kind ENUM('b', 'a'),
              PRIMARY KEY (amount, code, bin, at, kind))
            """
        )
        try bench.execute(
            """
            INSERT INTO \(bench.database).codes VALUES
              ('É x', '2024-02-29 23:59:59.123456', x'00ff', -1.50, '', 'a'),
              ('é x ', '2024-02-29 23:59:59.000000', x'', 1.50, '', 'b'),
              ('o''\\\\', '2024-02-29 00:00:00', x'27', 0, '', 'a')
            """
        )
        let attributes = ["code", "at", "note"].map { name in
            """
            {"name": "\(name)", "type": "S", "source_table": "codes", "source_column": "\(name)",
             "empty": "reject"}
            """
        }
        _ = try bench.directory.write(
            """
            {"tables": [{"table": "Books", "type": "single-entity", "source_table": "codes",
              "pk": "code", "sk": "at", "attributes": [\(attributes.joined(separator: ","))]}]}
            """,
            to: "codes.json"
        )
        let retry = try RetryBench(bench, contract: "codes.json")
        try retry.expectRetry(status: 3, letters: 3, rejected: 3)
        // The server takes the new spelling for the old one, byte by byte it is another.
        try bench.execute("UPDATE \(bench.database).codes SET note = 'n', code = UPPER(code)")
        try retry.expectRetry(letters: 3, written: 3)
        try retry.expectStatus("succeeded", read: 3, written: 3)
        try retry.expectComplete("codes.json")
    }

    @Test("maps the letters' own rows where a view has no key", arguments: SourceServer.present)
    func foreignView(_ server: SourceServer) throws {
        let bench = try Bench(server)
        for sql in [
            "ALTER TABLE \(bench.database).books ADD flags BIT(10), ADD photo VARBINARY(4)",
            "UPDATE \(bench.database).books SET flags = b'1000000001', photo = x'00ff80'",
            """
            CREATE VIEW \(bench.database).shelf AS
              SELECT id, title, price, flags, photo FROM \(bench.database).books
            """,
        ] { try bench.execute(sql) }
        func contract(_ policy: String) -> String {
            """
            {"tables": [{"table": "Books", "type": "single-entity", "view": "shelf",
              "pk": "id", "sk": "title", "null": "\(policy)",
              "attributes": [{"name": "id", "type": "N"}, {"name": "title", "type": "S"},
                {"name": "price", "type": "N"}, {"name": "flags", "type": "N"},
                {"name": "photo", "type": "B"}]}]}
            """
        }
        _ = try bench.directory.write(contract("reject"), to: "strict.json")
        _ = try bench.directory.write(contract("absent"), to: "shelf.json")
        let retry = try RetryBench(bench, contract: "strict.json")
        try retry.expectRetry(["--contract=shelf.json"], letters: 1, written: 1)
        try retry.expectComplete("shelf.json")
    }

    @Test("is refused where the run wrote elsewhere, or its tables are gone")
    func elsewhere() throws {
        let retry = try bench(try #require(SourceServer.present.first))
        let bench = retry.bench
        let before = try bench.directory.read(retry.path)
        let endpoint = try bench.run(["retry", retry.run, "--endpoint-url=http://127.0.0.1:1"])
        #expect(endpoint.status == 1)
        #expect(
            endpoint.errors.contains("this is not where run \(retry.run) read and wrote"),
            "\(endpoint)"
        )
        #expect(endpoint.errors.contains("+ endpoint http://127.0.0.1:1"), "\(endpoint)")
        let prefix = try Program.run(
            ["retry", retry.run, "--table-prefix=other-"],
            environment: bench.environment,
            in: bench.directory.path
        )
        #expect(prefix.status == 1)
        #expect(prefix.errors.contains("+ table prefix other-"), "\(prefix)")
        _ = try bench.run(["tables", "books.json", "--delete", "--yes"])
        _ = try bench.run(["tables", "books.json", "--create"])
        let table = try bench.run(["retry", retry.run])
        #expect(table.status == 1)
        #expect(table.errors.contains("the table \(bench.prefix)Books:"), "\(table)")
        #expect(try bench.directory.read(retry.path) == before)
        try retry.expectStatus("partial", read: 5, written: 3, rejected: 2)
    }

    @Test("says what is wrong with the run that it is given")
    func runs() throws {
        let retry = try bench(try #require(SourceServer.present.first))
        let bench = retry.bench
        #expect(try bench.run(["retry"]).status == 2)
        let unknown = try bench.run(["retry", "20240229T000000Z-0000"])
        #expect(unknown.status == 2)
        #expect(unknown.errors.contains("there is no run '20240229T000000Z-0000' in"))
        try FileManager.default.removeItem(atPath: "\(bench.directory.path)/\(retry.path)")
        let lost = try bench.run(["retry", retry.run])
        #expect(lost.status == 1)
        #expect(lost.errors.contains("has rejected 2 rows, but there is no file"), "\(lost)")
    }

    @Test("needs no prefix: the run's own is taken")
    func prefix() throws {
        let retry = try bench(try #require(SourceServer.present.first))
        try retry.bench.execute("UPDATE \(retry.bench.database).books SET title='x' WHERE id > 3")
        let outcome = try Program.run(
            ["retry", retry.run],
            environment: retry.bench.environment,
            in: retry.bench.directory.path
        )
        #expect(outcome.status == 0, "\(outcome)")
        try retry.expectComplete()
    }
}
