import Foundation
import Glibc
import MySQLSource
import Testing

@testable import unglue

@Suite("the commands on real servers", .enabled(if: !SourceServer.present.isEmpty))
struct MigrationCommandTests {
    @Test("make, check and drop views", arguments: SourceServer.present)
    func views(_ server: SourceServer) throws {
        let bench = try Bench(server)
        let shown = try bench.run(["views", "books.json"])
        #expect(shown.status == 0)
        #expect(
            shown.output.hasPrefix(
                "CREATE OR REPLACE ALGORITHM=MERGE SQL SECURITY INVOKER VIEW `ddb_Books_view` AS\n"
            )
        )
        #expect(
            try bench.run(["views", "books.json", "--apply"])
                == Outcome(status: 0, output: "view ddb_Books_view: created\n", errors: "")
        )
        #expect(
            try bench.run(["views", "books.json", "--drop"])
                == Outcome(status: 0, output: "view ddb_Books_view: dropped\n", errors: "")
        )
    }

    @Test("print, make, compare and delete tables", arguments: SourceServer.present)
    func tables(_ server: SourceServer) throws {
        let bench = try Bench(server)
        let name = "\(bench.prefix)Books"
        let shown = try bench.run(["tables", "books.json"])
        let requests = try #require(
            JSONSerialization.jsonObject(with: Data(shown.output.utf8)) as? [[String: Any]]
        )
        #expect(requests.map { $0["TableName"] as? String } == [name])
        #expect(
            try bench.run(["tables", "books.json", "--create"])
                == Outcome(status: 0, output: "table \(name): created\n", errors: "")
        )
        #expect(
            try bench.run(["tables", "books.json", "--create"])
                == Outcome(status: 0, output: "table \(name): exists\n", errors: "")
        )
        let changed = Bench.contract.replacingOccurrences(
            of: #""sk": "title""#,
            with: #""sk": "price""#
        )
        _ = try bench.directory.write(changed, to: "changed.json")
        #expect(
            try bench.run(["tables", "changed.json", "--create"])
                == Outcome(
                    status: 1,
                    output: "",
                    errors: """
                        unglue: error: tables exist that are not the contract's, so nothing was \
                        created:
                          - \(name): its key is id (partition, N) and title (sort, S), the \
                        contract's is id (partition, N) and price (sort, N)
                          Give --table-prefix, rename the table in the contract, or delete it.

                        """
                )
        )
        #expect(
            try bench.run(["tables", "books.json", "--delete", "--yes"])
                == Outcome(status: 0, output: "table \(name): deleted\n", errors: "")
        )
        #expect(
            try bench.run(["tables", "books.json", "--delete", "--yes", "--output=json"])
                == Outcome(
                    status: 0,
                    output: """
                        {
                          "tables": [
                            {
                              "table": "\(name)",
                              "outcome": "not there"
                            }
                          ]
                        }

                        """,
                    errors: ""
                )
        )
    }

    @Test("preview items and name the rows that would be rejected", arguments: SourceServer.present)
    func preview(_ server: SourceServer) throws {
        let bench = try Bench(server)
        #expect(
            try bench.run(["preview", "books.json", "--limit=2"])
                == Outcome(
                    status: 0,
                    output: """
                        {"id":{"N":"1"},"title":{"S":"Dune"},"price":{"N":"9.5"}}
                        {"id":{"N":"2"},"title":{"S":"Emma"}}

                        """,
                    errors: "Books: 2 rows read, 0 rejected\n"
                )
        )
        try bench.execute("UPDATE \(bench.database).books SET title = '' WHERE id = 1")
        let outcome = try bench.run(["preview", "books.json", "-n1"])
        #expect(outcome.status == 3)
        #expect(outcome.output == "")
        #expect(outcome.errors.hasPrefix("unglue: error: Books: rejected: "))
        #expect(outcome.errors.hasSuffix("{\"id\":{\"N\":\"1\"}}\nBooks: 1 row read, 1 rejected\n"))
    }

    private func findings(_ outcome: Outcome) throws -> [String] {
        let document = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        let members = try #require(document as? [String: Any])
        let findings = try #require(members["findings"] as? [[String: Any]])
        return findings.map { finding in
            ["severity", "area", "subject", "message"]
                .map { finding[$0] as? String ?? "" }.joined(separator: "|")
        }
    }

    @Test("check contract, server, views and tables in one report", arguments: SourceServer.present)
    func check(_ server: SourceServer) throws {
        let bench = try Bench(server)
        let before = try bench.run(["check", "books.json", "--output=json"])
        #expect(before.status == 0, "\(before)")
        #expect(
            try findings(before) == [
                "warning|mysql|ddb_Books_view|the view does not exist",
                "warning|dynamodb|\(bench.prefix)Books|the table does not exist",
            ]
        )
        _ = try bench.run(["views", "books.json", "--apply"])
        _ = try bench.run(["tables", "books.json", "--create"])
        let after = try bench.run(["check", "books.json", "--output=json"])
        #expect(after.status == 0)
        #expect(try findings(after) == [])

        let mistyped = Bench.contract.replacingOccurrences(
            of: #""source_column": "price""#,
            with: #""source_column": "prize""#
        )
        _ = try bench.directory.write(mistyped, to: "mistyped.json")
        let wrong = try bench.run(["check", "mistyped.json", "--output=json"])
        #expect(wrong.status == 2)
        #expect(
            try findings(wrong).contains { $0.hasPrefix("error|contract|tables[0].attributes[2]") }
        )

        try bench.execute("DROP TABLE \(bench.database).books")
        #expect(try bench.run(["check", "books.json"]).status == 2)
    }

    @Test(
        "a view that was made from another contract is found, and not read",
        arguments: SourceServer.present
    )
    func staleView(_ server: SourceServer) throws {
        let bench = try Bench(server)
        let other = Bench.contract.replacingOccurrences(
            of: #""source_column": "price""#,
            with: #""source_column": "id""#
        )
        _ = try bench.directory.write(other, to: "other.json")
        #expect(try bench.run(["run", "other.json", "--setup", "--no-progress"]).status == 0)
        let run = try bench.run(["run", "books.json", "--no-progress"])
        #expect(run.status == 1)
        #expect(run.errors.contains("not the contract's, so nothing was read: ddb_Books_view"))
        let check = try bench.run(["check", "books.json", "--output=json"])
        #expect(check.status == 1)
        #expect(
            try findings(check) == [
                "error|mysql|ddb_Books_view|the view was made from another contract"
            ]
        )
        #expect(try bench.run(["run", "books.json", "--inline", "--no-progress"]).status == 0)
        #expect(try bench.run(["run", "books.json", "--setup", "--no-progress"]).status == 0)
        #expect(try bench.run(["run", "books.json", "--no-progress"]).status == 0)
    }

    @Test(
        "check reports servers that cannot be reached, each of them",
        arguments: SourceServer.present
    )
    func unreachable(_ server: SourceServer) throws {
        let bench = try Bench(server)
        let outcome = try bench.run([
            "check", "books.json", "--mysql=mysql://root@127.0.0.1:1/d",
            "--endpoint-url=http://127.0.0.1:1", "--output=json",
        ])
        #expect(outcome.status == 1)
        let areas = try findings(outcome).map { $0.split(separator: "|")[1] }
        #expect(areas == ["mysql", "dynamodb"])
    }

    @Test("run a migration, with its report and its dead letters", arguments: SourceServer.present)
    func run(_ server: SourceServer) throws {
        let bench = try Bench(server)
        try bench.execute("INSERT INTO \(bench.database).books VALUES (4, '', 1)")
        let outcome = try bench.run([
            "run", "books.json", "--setup", "--output=json", "--quiet",
        ])
        #expect(outcome.status == 3, "\(outcome)")
        let document = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        let report = try #require(document as? [String: Any])
        #expect(report["state"] as? String == "partial")
        let table = try #require((report["tables"] as? [[String: Any]])?.first)
        for (name, count) in [
            ("rows_read", 4), ("items_written", 3), ("items_kept", 0), ("duplicates", 0),
            ("rejected", 1),
        ] {
            #expect(table[name] as? Int == count, "\(name)")
        }
        let path = try #require(report["dead_letters"] as? String)
        let letters = try bench.directory.read(path).split(separator: "\n")
        #expect(letters.count == 1)
        let letter = try #require(
            JSONSerialization.jsonObject(with: Data(letters[0].utf8)) as? [String: Any]
        )
        #expect(letter["table"] as? String == "Books")
        #expect((letter["key"] as? [String: [String: String]]) == ["id": ["N": "4"]])
        #expect(
            (letter["row"] as? [String: String])
                == ["id": "4", "title": "", "price": "1.00", "_key_id": "4"]
        )

        let text = try bench.run(["run", "books.json", "--inline", "--no-progress"])
        #expect(text.status == 3)
        #expect(text.output.contains("\n1 row was rejected, with the reasons in .unglue/"))
    }
}
