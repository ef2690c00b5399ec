import Mapping
import MySQLSource
import Testing

/// A table whose rows must be read exactly once each, whatever the chunk size.
struct KeyCase: Sendable, CustomTestStringConvertible {
    var name: String
    /// Column definitions; the table gets a `number INT` column of its own besides.
    var columns: String
    var key: [ChunkKeyColumn]
    /// Each row's key, as SQL values.
    var rows: [String]
    var servers: [TestServer] = TestServer.allCases

    var testDescription: String { name }

    /// The table with the case's rows, each with its number; a suite's own, since suites run at once.
    func tables(_ server: TestServer, _ name: String) throws -> TestTables {
        let tables = try TestTables(
            server,
            name,
            create: [
                "CREATE TABLE \(name) (\(columns), number INT NOT NULL) ENGINE=InnoDB "
                    + "DEFAULT CHARACTER SET utf8mb4"
            ]
        )
        for (number, row) in rows.enumerated() {
            try tables.run("INSERT INTO \(name) VALUES (\(row), \(number))")
        }
        return tables
    }

    func entity(
        _ table: String,
        rowsPerChunk: Int,
        estimatedRows: Int? = nil,
        isChunked: Bool = true
    ) -> EntityRead {
        EntityRead(
            name: table,
            selectSQL: "SELECT number FROM \(table)",
            chunkKey: key,
            baseTable: table,
            estimatedRows: estimatedRows,
            rowsPerChunk: rowsPerChunk,
            isChunked: isChunked
        )
    }
}

/// A column of a chunk key whose view has it under its own name.
func column(
    _ name: String,
    _ kind: ChunkKeyColumn.Kind,
    isNullable: Bool = false
) -> ChunkKeyColumn {
    ChunkKeyColumn(viewColumn: name, sourceColumn: name, kind: kind, isNullable: isNullable)
}

private func text(_ collation: String) -> ChunkKeyColumn.Kind {
    .text(
        characterSet: String(collation.prefix { $0 != "_" }),
        collation: collation
    )
}

let keyCases: [KeyCase] = [
    KeyCase(
        name: "signed integers with gaps and both ends of the type",
        columns: "k BIGINT NOT NULL PRIMARY KEY",
        key: [column("k", .integer(isUnsigned: false))],
        rows: [
            "-9223372036854775808", "-9223372036854775807", "-5", "-1", "0", "1", "7", "8", "9",
            "9223372036854775806", "9223372036854775807",
        ]
    ),
    KeyCase(
        name: "unsigned integers up to the greatest",
        columns: "k BIGINT UNSIGNED NOT NULL PRIMARY KEY",
        key: [column("k", .integer(isUnsigned: true))],
        rows: [
            "0", "1", "2", "9223372036854775807", "9223372036854775808",
            "18446744073709551614", "18446744073709551615",
        ]
    ),
    KeyCase(
        name: "descending index",
        columns: "k INT NOT NULL, PRIMARY KEY (k DESC)",
        key: [column("k", .integer(isUnsigned: false))],
        rows: (-10...10).map { "\($0 * 3)" }
    ),
    KeyCase(
        name: "decimals",
        columns: "k DECIMAL(30, 10) NOT NULL PRIMARY KEY",
        key: [column("k", .decimal)],
        rows: ["-99999999999999999999.9999999999", "-0.5", "0", "0.0000000001", "1.5", "2"]
    ),
    KeyCase(
        name: "PAD SPACE text: variants that are equal to nothing else",
        columns:
            "k VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL PRIMARY KEY",
        key: [column("k", text("utf8mb4_general_ci"))],
        rows: ["''", "'A '", "'a b'", "'ab'", "'Ab  c'", "'ä ö'", "'Z'", "'z z'", "'_'", "'~'"]
    ),
    KeyCase(
        name: "text of a binary collation: cases and trailing spaces differ",
        columns: "k VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY",
        key: [column("k", text("utf8mb4_bin"))],
        rows: ["''", "'a'", "'A'", "'b '", "'B'", "'😀'", "'😁 x'", "'é'", "'z\\\\'", "'q''q'"]
    ),
    KeyCase(
        name: "NO PAD text of MySQL: trailing spaces make another key",
        columns:
            "k VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci NOT NULL PRIMARY KEY",
        key: [column("k", text("utf8mb4_0900_ai_ci"))],
        rows: ["''", "' '", "'a'", "'a '", "'a  '", "'B'", "'é'", "'f'", "'😀'", "'ß'"],
        servers: [.mysql]
    ),
    KeyCase(
        name: "NO PAD text of MariaDB: trailing spaces make another key",
        columns: """
            k VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_nopad_ci NOT NULL \
            PRIMARY KEY
            """,
        key: [column("k", text("utf8mb4_unicode_520_nopad_ci"))],
        rows: ["''", "' '", "'a'", "'a '", "'a  '", "'B'", "'é'", "'f'", "'😀'", "'ß'"],
        servers: [.mariadb]
    ),
    KeyCase(
        name: "text that is not utf8mb4",
        columns: """
            k VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_swedish_ci NOT NULL PRIMARY KEY
            """,
        key: [column("k", text("latin1_swedish_ci"))],
        rows: ["'a'", "'B'", "'é'", "'ö'", "'Å'", "'€'", "'ÿ'", "_latin1 x'81'", "_latin1 x'A0'"]
    ),
    KeyCase(
        name: "text in UTF-16",
        columns: "k VARCHAR(20) CHARACTER SET utf16 COLLATE utf16_bin NOT NULL PRIMARY KEY",
        key: [column("k", text("utf16_bin"))],
        rows: ["'a'", "'b'", "'ö'", "'😀'", "'Z'"]
    ),
    KeyCase(
        name: "text with equal keys under an index that is not unique",
        columns: """
            k VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL, KEY (k)
            """,
        key: [column("k", text("utf8mb4_general_ci"))],
        rows: [
            "'a'", "'A '", "'A'", "'a  '", "'á'", "'b'", "'B'", "'B '", "'b  '", "'c'", "''", "' '",
        ]
    ),
    KeyCase(
        name: "fixed binary",
        columns: "k BINARY(4) NOT NULL PRIMARY KEY",
        key: [column("k", .binary)],
        rows: ["x'00'", "x'0001'", "x'27'", "x'5C'", "x'FF'", "x'FFFFFFFF'", "'a'", "'A'"]
    ),
    KeyCase(
        name: "variable binary with zeros at the end",
        columns: "k VARBINARY(8) NOT NULL PRIMARY KEY",
        key: [column("k", .binary)],
        rows: ["''", "x'00'", "x'0000'", "x'20'", "x'61'", "x'6120'", "x'6100'", "x'FFFE'"]
    ),
    KeyCase(
        name: "dates with zero dates",
        columns: "k DATE NOT NULL PRIMARY KEY",
        key: [column("k", .temporal)],
        rows: ["'0000-00-00'", "'2024-00-00'", "'2024-05-00'", "'2024-02-29'", "'9999-12-31'"]
    ),
    KeyCase(
        name: "date and time with microseconds",
        columns: "k DATETIME(6) NOT NULL PRIMARY KEY",
        key: [column("k", .temporal)],
        rows: [
            "'0000-00-00 00:00:00'", "'1000-01-01 00:00:00.000001'", "'2024-03-31 02:30:00'",
            "'2024-03-31 02:30:00.000001'", "'2024-03-31 02:30:00.999999'",
            "'9999-12-31 23:59:59.999999'",
        ]
    ),
    KeyCase(
        name: "timestamps around a change of the clocks",
        columns: "k TIMESTAMP(3) NOT NULL DEFAULT '2000-01-01' PRIMARY KEY",
        key: [column("k", .temporal)],
        rows: [
            "'1970-01-01 00:00:01'", "'2024-03-31 01:59:59.999'", "'2024-03-31 02:30:00'",
            "'2038-01-19 03:14:07'",
        ]
    ),
    KeyCase(
        name: "times of both signs",
        columns: "k TIME(2) NOT NULL PRIMARY KEY",
        key: [column("k", .temporal)],
        rows: ["'-838:59:59'", "'-00:00:00.01'", "'00:00:00'", "'23:59:59.99'", "'838:59:59'"]
    ),
    KeyCase(
        name: "years",
        columns: "k YEAR NOT NULL PRIMARY KEY",
        key: [column("k", .temporal)],
        rows: ["0", "1901", "1969", "1970", "2000", "2155"]
    ),
    KeyCase(
        name: "an integer and a text",
        columns: """
            a INT NOT NULL, b VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci \
            NOT NULL, PRIMARY KEY (a, b)
            """,
        key: [column("a", .integer(isUnsigned: false)), column("b", text("utf8mb4_general_ci"))],
        rows: (-2...2).flatMap { a in ["''", "'A '", "'b'", "'B x'", "'ö'"].map { "\(a), \($0)" } }
    ),
    KeyCase(
        name: "three columns",
        columns: """
            a VARBINARY(4) NOT NULL, b DATE NOT NULL, c BIGINT UNSIGNED NOT NULL, \
            PRIMARY KEY (a, b, c)
            """,
        key: [
            column("a", .binary), column("b", .temporal), column("c", .integer(isUnsigned: true)),
        ],
        rows: ["x'00'", "x'01'"].flatMap { a in
            ["'2024-01-01'", "'2024-01-02'"].flatMap { b in
                ["0", "1", "18446744073709551615"].map { "\(a), \(b), \($0)" }
            }
        }
    ),
    KeyCase(
        name: "a key that can be NULL",
        columns: "k INT, UNIQUE KEY (k)",
        key: [column("k", .integer(isUnsigned: false), isNullable: true)],
        rows: ["NULL", "NULL", "-3", "0", "5", "6", "7"]
    ),
    KeyCase(
        name: "two columns that can be NULL",
        columns: "a INT, b INT, KEY (a, b)",
        key: [
            column("a", .integer(isUnsigned: false), isNullable: true),
            column("b", .integer(isUnsigned: false), isNullable: true),
        ],
        rows: ["NULL, NULL", "NULL, 1", "1, NULL", "1, 1", "1, 2", "2, NULL", "2, 1", "3, 3"]
    ),
    KeyCase(
        name: "no row at all",
        columns: "k INT NOT NULL PRIMARY KEY",
        key: [column("k", .integer(isUnsigned: false))],
        rows: []
    ),
    KeyCase(
        name: "only NULL keys",
        columns: "k INT",
        key: [column("k", .integer(isUnsigned: false), isNullable: true)],
        rows: ["NULL", "NULL"]
    ),
    KeyCase(
        name: "one row",
        columns: "k VARCHAR(9) NOT NULL PRIMARY KEY COLLATE utf8mb4_bin",
        key: [column("k", text("utf8mb4_bin"))],
        rows: ["'x'"]
    ),
]
