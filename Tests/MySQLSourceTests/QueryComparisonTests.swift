import Testing

@testable import MySQLSource

@Suite("Comparing queries")
struct QueryComparisonTests {
    @Test(
        "the numbers of SELECTs are taken out, and nothing else",
        arguments: [
            ("/* select#1 */ select 1", " select 1"),
            ("a /* select#12 */ b /* select#3 */", "a  b "),
            ("select '/* select#x */'", "select '/* select#x */'"),
            ("/* select#", "/* select#"), ("/* select#1", "/* select#1"), ("", ""),
        ]
    )
    func selectNumbers(_ text: String, _ expected: String) {
        #expect(MySQLConnection.withoutSelectNumbers(text) == expected)
    }

    @Test("a view is compared with what it should read", arguments: TestServer.present)
    func views(_ server: TestServer) throws {
        let tables = try TestTables(
            server,
            "compared_view",
            "compared",
            create: ["CREATE TABLE compared (id INT NOT NULL PRIMARY KEY, a INT, b INT)"]
        )
        let children = "SELECT COUNT(*) AS n FROM compared AS c WHERE c.a = s.id"
        func definition(_ column: String) -> String {
            server == .mysql
                ? "SELECT s.id, s.\(column) AS x, j.n FROM compared AS s "
                    + "LEFT JOIN LATERAL (\(children)) AS j ON TRUE"
                : "SELECT s.id, s.\(column) AS x, (\(children)) AS n FROM compared AS s"
        }
        try tables.run("CREATE ALGORITHM=MERGE VIEW compared_view AS \(definition("a"))")
        let connection = try MySQLConnection(tables.settings)
        let view = "SELECT v.id, v.x, v.n FROM compared_view AS v"
        func inline(_ column: String) -> String {
            "SELECT v.id, v.x, v.n FROM (\(definition(column))) AS v"
        }
        #expect(try connection.isSame(view, inline("a"), on: "compared_view") == true)
        #expect(try connection.isSame(view, inline("b"), on: "compared_view") == false)
    }
}
