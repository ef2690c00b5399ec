import Foundation
import Testing

@testable import unglue

@Suite("a run whose entity has an array", .enabled(if: !SourceServer.present.isEmpty))
struct ChildReadingCommandTests {
    /// How the child table is made, and whether its rows can be read apart.
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var child: String
        var isApart: Bool
    }

    private static let columns = "id INT NOT NULL PRIMARY KEY, shelf_id INT NOT NULL, name TEXT"

    private static let cases: [Case] = [
        Case(
            testDescription: "with an index",
            child: "(\(columns), KEY (shelf_id)) ENGINE=InnoDB",
            isApart: true
        ),
        Case(
            testDescription: "of an engine without snapshots",
            child: "(\(columns), KEY (shelf_id)) ENGINE=MyISAM",
            isApart: false
        ),
        Case(
            testDescription: "without an index",
            child: "(\(columns)) ENGINE=InnoDB",
            isApart: false
        ),
        Case(
            testDescription: "with an index that begins elsewhere",
            child: "(\(columns), KEY (name(9), shelf_id)) ENGINE=InnoDB",
            isApart: false
        ),
    ]

    private static let contract = """
        {"tables": [{"table": "Shelves", "type": "single-entity", "source_table": "shelf", "pk": "id",
          "attributes": [
            {"name": "id", "type": "N", "source_column": "id"},
            {"name": "books", "type": "L", "join": {"type": "json-construction",
              "target_table": "volume", "join_condition": "volume.shelf_id = shelf.id",
              "construction": {"type": "array", "select_columns": {"name": "name"}}}}]}]}
        """

    @Test("joins it where that gives what the view gives", arguments: SourceServer.present, cases)
    func apart(server: SourceServer, example: Case) throws {
        let bench = try Bench(server)
        _ = try bench.directory.write(Self.contract, to: "shelves.json")
        let shelves = (1...40).map { "(\($0))" }.joined(separator: ", ")
        let volumes = (1...100).map { "(\($0), \($0 % 39), 'v\($0)')" }.joined(separator: ", ")
        for sql in [
            "CREATE TABLE \(bench.database).shelf (id INT NOT NULL PRIMARY KEY) ENGINE=InnoDB",
            "CREATE TABLE \(bench.database).volume \(example.child)",
            "INSERT INTO \(bench.database).shelf VALUES \(shelves)",
            "INSERT INTO \(bench.database).volume VALUES \(volumes)",
        ] {
            try bench.execute(sql)
        }
        for flags in [["--setup"], [], ["--inline"]] {
            let run = try bench.run(["run", "shelves.json", "--fresh"] + flags)
            #expect(run.status == 0, "\(run)")
            let told = "Shelves: the rows of books are read apart and joined here"
            #expect(run.errors.contains(told) == example.isApart, "\(run.errors)")
            // `verify` reads so too; what it compares with was written from the view.
            let verified = try bench.run(
                ["verify", "shelves.json"] + flags.filter { $0 != "--setup" }
            )
            #expect(verified.status == 0, "\(verified)")
        }
        let shown = try bench.run(["preview", "shelves.json", "--limit=2"])
        #expect(shown.output.contains(#""books":{"L":[{"M":{"name":{"S":"v1"}}}"#))
        #expect(shown.output.contains(#"{"M":{"name":{"S":"v40"}}}"#))
    }
}
