import Contract
import DynamoDBSink
import Foundation
import Testing

@testable import unglue

@Suite("verify on real servers", .enabled(if: !SourceServer.present.isEmpty))
struct VerifyCommandTests {
    /// A bench whose books are migrated.
    private func migrated(_ server: SourceServer) throws -> Bench {
        let bench = try Bench(server)
        let run = try bench.run(["run", "books.json", "--setup", "--no-progress", "--quiet"])
        #expect(run.status == 0, "\(run)")
        return bench
    }

    /// Calls the target directly, behind the program's back.
    private func call(_ bench: Bench, _ operation: String, _ request: String) throws {
        let settings = try DynamoDBSettings.resolve(
            DynamoDBSettings.Options(),
            environment: bench.environment
        )
        let text = request.replacingOccurrences(of: "TABLE", with: "\(bench.prefix)Books")
        _ = try DynamoDBClient(settings: settings)
            .call(operation, try JSONParser.parse(Array(text.utf8)))
    }

    private func damage(_ bench: Bench) throws {
        try call(
            bench,
            "PutItem",
            #"{"TableName":"TABLE","Item":{"id":{"N":"1"},"title":{"S":"Dune"},"price":{"S":"9.50"},"#
                + #""stale":{"BOOL":true}}}"#
        )
        try call(
            bench,
            "DeleteItem",
            #"{"TableName":"TABLE","Key":{"id":{"N":"3"},"title":{"S":"Ulysses"}}}"#
        )
        try call(
            bench,
            "PutItem",
            #"{"TableName":"TABLE","Item":{"id":{"N":"9"},"title":{"S":"Walden"}}}"#
        )
    }

    private func table(_ outcome: Outcome) throws -> (state: String, table: [String: Any]) {
        let document = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        let members = try #require(document as? [String: Any])
        let tables = try #require(members["tables"] as? [[String: Any]])
        return (members["state"] as? String ?? "", try #require(tables.first))
    }

    private func counts(_ table: [String: Any]) -> [Int?] {
        ["expected", "found", "missing", "different", "extra"].map { table[$0] as? Int }
    }

    @Test("agree after a run, and say what it costs before", arguments: SourceServer.present)
    func identical(_ server: SourceServer) throws {
        let bench = try migrated(server)
        let outcome = try bench.run(["verify", "books.json", "--output=json", "--consistent"])
        #expect(outcome.status == 0, "\(outcome)")
        let (state, table) = try table(outcome)
        #expect(state == "identical")
        #expect(counts(table) == [3, 3, 0, 0, 0])
        #expect((table["examples"] as? [Any])?.isEmpty == true)
        #expect(
            outcome.errors.hasPrefix("Books: a full scan costs about 1 read units (an estimate: ")
        )
    }

    @Test("name each difference, and mend it only when asked", arguments: SourceServer.present)
    func different(_ server: SourceServer) throws {
        let bench = try migrated(server)
        try damage(bench)
        let outcome = try bench.run(["verify", "books.json", "--output=json", "--quiet"])
        #expect(outcome.status == 4, "\(outcome)")
        let (state, found) = try table(outcome)
        #expect(state == "different")
        #expect(counts(found) == [3, 3, 1, 1, 1])
        let examples = try JSONSerialization.data(
            withJSONObject: try #require(found["examples"]),
            options: [.sortedKeys]
        )
        #expect(
            String(decoding: examples, as: UTF8.self)
                == #"[{"attributes":[{"expected":{"N":"9.5"},"found":{"S":"9.50"},"name":"price"},"#
                + #"{"expected":null,"found":{"BOOL":true},"name":"stale"}],"#
                + #""key":{"id":{"N":"1"},"title":{"S":"Dune"}},"kind":"different"},"#
                + #"{"attributes":[],"key":{"id":{"N":"9"},"title":{"S":"Walden"}},"kind":"extra"},"#
                + #"{"attributes":[],"key":{"id":{"N":"3"},"title":{"S":"Ulysses"}},"#
                + #""kind":"missing"}]"#
        )
        let text = try bench.run(["verify", "books.json", "--quiet", "--inline"])
        #expect(text.status == 4)
        #expect(text.output.hasPrefix("Both sides differ in "))
        #expect(
            text.output.contains(
                """

                Books, what was found to differ:
                  different  {"id":{"N":"1"},"title":{"S":"Dune"}}
                    price: expected {"N":"9.5"}, found {"S":"9.50"}
                    stale: expected nothing, found {"BOOL":true}
                  extra  {"id":{"N":"9"},"title":{"S":"Walden"}}
                  missing  {"id":{"N":"3"},"title":{"S":"Ulysses"}}

                """
            )
        )
        let repaired = try bench.run(["verify", "books.json", "--repair", "--output=json"])
        #expect(repaired.status == 4)
        #expect(repaired.errors.contains("items that are missing or different will be put\n"))
        let (_, after) = try table(repaired)
        #expect(counts(after) == [3, 4, 0, 0, 1])
        #expect(after["repaired"] as? Int == 2)
        #expect(after["deleted"] as? Int == 0)
        let deleted = try bench.run(["verify", "books.json", "--delete-extra", "--quiet"])
        #expect(deleted.status == 0, "\(deleted)")
        #expect(try bench.run(["verify", "books.json", "--quiet"]).status == 0)
    }

    @Test("a sample names its seed and speaks of no extra items", arguments: SourceServer.present)
    func sample(_ server: SourceServer) throws {
        let bench = try migrated(server)
        try call(
            bench,
            "PutItem",
            #"{"TableName":"TABLE","Item":{"id":{"N":"9"},"title":{"S":"Walden"}}}"#
        )
        let outcome = try bench.run([
            "verify", "books.json", "--sample=100", "--seed=7", "--output=json",
        ])
        #expect(outcome.status == 0, "\(outcome)")
        #expect(
            outcome.errors
                == "comparing about 100 rows of each table, seed 7; extra items are not looked for\n"
        )
        let (state, table) = try table(outcome)
        #expect(state == "identical")
        #expect(counts(table) == [3, 3, 0, 0, nil])
        #expect(table["extra"] is NSNull)
    }

    @Test("a repair is no matter of a sample", arguments: [["--repair"], ["--delete-extra"]])
    func usage(flags: [String]) throws {
        let bench = try Bench(try #require(SourceServer.present.first))
        let outcome = try bench.run(["verify", "books.json", "--sample=5"] + flags)
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("needs the whole comparison, not a --sample"))
    }

    @Test(
        "a table that is not there is an error, and not a difference",
        arguments: SourceServer.present
    )
    func noTable(_ server: SourceServer) throws {
        let bench = try Bench(server)
        let outcome = try bench.run(["verify", "books.json", "--inline"])
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("there is no such table"))
    }
}
