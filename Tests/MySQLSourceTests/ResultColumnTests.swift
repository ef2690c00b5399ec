import Mapping
import MySQLSource
import Testing

/// A column of a table, and what a result set says of it.
struct TypeCase: Sendable, CustomTestStringConvertible {
    var type: String
    var kind: ResultColumn.Kind
    var isUnsigned = false
    var decimals: Int?
    var servers: [TestServer] = TestServer.allCases

    var testDescription: String { type }
}

private let typeCases: [TypeCase] = [
    TypeCase(type: "TINYINT", kind: .integer),
    TypeCase(type: "TINYINT(1)", kind: .integer),
    TypeCase(type: "BOOL", kind: .integer),
    TypeCase(type: "TINYINT UNSIGNED", kind: .integer, isUnsigned: true),
    TypeCase(type: "SMALLINT", kind: .integer),
    TypeCase(type: "MEDIUMINT", kind: .integer),
    TypeCase(type: "INT(8) ZEROFILL", kind: .integer, isUnsigned: true),
    TypeCase(type: "INT", kind: .integer),
    TypeCase(type: "BIGINT", kind: .integer),
    TypeCase(type: "BIGINT UNSIGNED", kind: .integer, isUnsigned: true),
    TypeCase(type: "DECIMAL(65,30)", kind: .decimal, decimals: 30),
    TypeCase(type: "DECIMAL(10,0) UNSIGNED", kind: .decimal, isUnsigned: true, decimals: 0),
    TypeCase(type: "FLOAT", kind: .float, decimals: 31),
    TypeCase(type: "FLOAT(7,3)", kind: .float, decimals: 3),
    TypeCase(type: "DOUBLE", kind: .double, decimals: 31),
    TypeCase(type: "BIT(1)", kind: .bit, isUnsigned: true),
    TypeCase(type: "BIT(64)", kind: .bit, isUnsigned: true),
    TypeCase(type: "DATE", kind: .date),
    TypeCase(type: "TIME", kind: .time, decimals: 0),
    TypeCase(type: "TIME(3)", kind: .time, decimals: 3),
    TypeCase(type: "DATETIME", kind: .dateTime, decimals: 0),
    TypeCase(type: "DATETIME(6)", kind: .dateTime, decimals: 6),
    TypeCase(type: "TIMESTAMP NULL", kind: .dateTime, decimals: 0),
    TypeCase(type: "TIMESTAMP(3) NULL", kind: .dateTime, decimals: 3),
    TypeCase(type: "YEAR", kind: .year, isUnsigned: true),
    TypeCase(type: "CHAR(10)", kind: .text),
    TypeCase(type: "CHAR(10) COLLATE utf8mb4_bin", kind: .text),
    TypeCase(type: "VARCHAR(10)", kind: .text),
    TypeCase(type: "VARCHAR(10) CHARACTER SET latin1", kind: .text),
    TypeCase(type: "TINYTEXT", kind: .text),
    TypeCase(type: "TEXT", kind: .text),
    TypeCase(type: "TEXT COLLATE utf8mb4_bin", kind: .text),
    TypeCase(type: "MEDIUMTEXT", kind: .text),
    TypeCase(type: "LONGTEXT", kind: .text),
    TypeCase(type: "BINARY(4)", kind: .binary),
    TypeCase(type: "VARBINARY(4)", kind: .binary),
    TypeCase(type: "TINYBLOB", kind: .binary),
    TypeCase(type: "BLOB", kind: .binary),
    TypeCase(type: "MEDIUMBLOB", kind: .binary),
    TypeCase(type: "LONGBLOB", kind: .binary),
    TypeCase(type: "ENUM('a','b')", kind: .enum),
    TypeCase(type: "ENUM('a','b') COLLATE utf8mb4_bin", kind: .enum),
    TypeCase(type: "ENUM('a') CHARACTER SET binary", kind: .enum),
    TypeCase(type: "SET('a','b')", kind: .set),
    TypeCase(type: "GEOMETRY", kind: .binary),
    TypeCase(type: "POINT", kind: .binary),
    TypeCase(type: "JSON", kind: .json, servers: [.mysql]),
    TypeCase(type: "JSON", kind: .text, servers: [.mariadb]),
    TypeCase(type: "VECTOR(3)", kind: .binary, servers: [.mysql]),
    TypeCase(type: "UUID", kind: .text, servers: [.mariadb]),
    TypeCase(type: "INET6", kind: .text, servers: [.mariadb]),
]

@Suite("The columns of a result", .enabled(if: TestServer.isAnyPresent), .serialized)
struct ResultColumnTests {
    @Test("have the kind of their type", arguments: TestServer.present)
    func kinds(server: TestServer) throws {
        let cases = typeCases.filter { $0.servers.contains(server) }
        let definitions = cases.enumerated().map { "c\($0) \($1.type)" }.joined(separator: ", ")
        let tables = try TestTables(
            server,
            "kinds",
            create: ["CREATE TABLE kinds (\(definitions)) CHARACTER SET utf8mb4"]
        )
        let columns = try MySQLConnection(tables.settings).describe("SELECT * FROM kinds")
        #expect(columns.count == cases.count)
        for (column, expected) in zip(columns, cases) {
            #expect(column.kind == expected.kind, "\(expected.type)")
            #expect(column.isUnsigned == expected.isUnsigned, "\(expected.type)")
            if let decimals = expected.decimals {
                #expect(column.decimals == decimals, "\(expected.type)")
            }
        }
    }

    @Test("have the kind of their expression", arguments: TestServer.present)
    func expressions(server: TestServer) throws {
        let connection = try MySQLConnection(try server.requireSettings())
        let columns = try connection.describe(
            """
            SELECT NULL AS a, 'x' AS b, 1 AS c, 1.5 AS d, 1e0 AS e, x'00' AS f, \
            CONCAT('a', 1) AS g, CAST(1 AS CHAR) AS h, TRUE AS i, COUNT(*) AS `j``k`, \
            DATE_FORMAT(NOW(), '%Y') AS l, CAST('a' AS BINARY) AS m
            """
        )
        #expect(
            columns.map(\.kind) == [
                .null, .text, .integer, .decimal, .double, .binary, .text, .text, .integer,
                .integer, .text, .binary,
            ]
        )
        #expect(columns[9].name == "j`k")
    }

    @Test("come as the server prints them, byte for byte", arguments: TestServer.present)
    func values(server: TestServer) throws {
        let tables = try TestTables(
            server,
            "printed",
            create: [
                """
                CREATE TABLE printed (a BIGINT UNSIGNED, b DECIMAL(65,30), c BIT(9), d TIME(6), \
                e DATE, f YEAR, g VARCHAR(20) CHARACTER SET latin1, h VARBINARY(9), i INT(6) \
                ZEROFILL, j TEXT, k TEXT, l DATETIME(3)) CHARACTER SET utf8mb4
                """,
                """
                INSERT INTO printed VALUES (18446744073709551615, \
                -12345678901234567890123456789012345.123456789012345678901234567890, b'100000001', \
                '-838:59:59', '0000-00-00', 2155, 'é€', x'0041FF', 42, '😀', NULL, \
                '2024-02-29 23:59:59.999')
                """,
            ]
        )
        let rows = try MySQLConnection(tables.settings).query(
            "SELECT * FROM printed",
            operation: "test"
        )
        let expected: [[UInt8]?] = [
            Array("18446744073709551615".utf8),
            Array("-12345678901234567890123456789012345.123456789012345678901234567890".utf8),
            [1, 1], Array("-838:59:59.000000".utf8), Array("0000-00-00".utf8), Array("2155".utf8),
            Array("é€".utf8), [0, 0x41, 0xFF], Array("000042".utf8), Array("😀".utf8), nil,
            Array("2024-02-29 23:59:59.999".utf8),
        ]
        #expect(rows == [expected])
    }
}
