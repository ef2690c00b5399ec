import Mapping
import Pipeline
import Testing

@testable import MySQLSource

private let int = ChunkKeyColumn.Kind.integer(isUnsigned: false)
private let name = ChunkKeyColumn.Kind.text(
    characterSet: "utf8mb4",
    collation: "utf8mb4_general_ci"
)

private func key(_ kinds: ChunkKeyColumn.Kind..., isNullable: Bool = false) -> [ChunkKeyColumn] {
    zip(["a", "b", "c"], kinds).map {
        ChunkKeyColumn(viewColumn: $0, sourceColumn: $0, kind: $1, isNullable: isNullable)
    }
}

private func bound(_ texts: String...) -> [[UInt8]] { texts.map { Array($0.utf8) } }

@Suite("The condition of a chunk")
struct ChunkConditionTests {
    struct Case: Sendable {
        var key: [ChunkKeyColumn]
        var range: ChunkRange
        var sql: String?
    }

    private static let cases: [Case] = [
        Case(key: key(int), range: .everything, sql: nil),
        Case(key: key(int, isNullable: true), range: .everything, sql: "a IS NOT NULL"),
        Case(key: key(int), range: ChunkRange(upper: bound("-5")), sql: "a <= -5"),
        Case(
            key: key(int),
            range: ChunkRange(lower: bound("-5"), upper: bound("18446744073709551615")),
            sql: "a > -5 AND a <= 18446744073709551615"
        ),
        Case(key: key(.decimal), range: ChunkRange(lower: bound("-0.50")), sql: "a > -0.50"),
        Case(
            key: key(.binary),
            range: ChunkRange(lower: [[0, 0x27, 0xFF]], upper: [[]]),
            sql: "a > x'0027FF' AND a <= x''"
        ),
        Case(
            key: key(name),
            range: ChunkRange(lower: bound("a' OR 1")),
            sql: "a > _utf8mb4 x'6127204F522031' COLLATE utf8mb4_general_ci"
        ),
        Case(
            key: key(.temporal),
            range: ChunkRange(upper: bound("-838:59:59.000001")),
            sql: "a <= '-838:59:59.000001'"
        ),
        Case(
            key: key(int, .decimal, .binary),
            range: ChunkRange(lower: bound("1", "2", "x"), upper: bound("3", "4", "y")),
            sql: "(a > 1 OR (a = 1 AND (b > 2 OR (b = 2 AND c > x'78'))))"
                + " AND (a < 3 OR (a = 3 AND (b < 4 OR (b = 4 AND c <= x'79'))))"
        ),
        Case(
            key: key(int, int),
            range: ChunkRange(lower: bound("1", "2"), upper: bound("1", "9")),
            sql: "a = 1 AND b > 2 AND b <= 9"
        ),
        Case(
            key: key(int, int, isNullable: true),
            range: ChunkRange(lower: bound("1", "2")),
            sql: "(a > 1 OR (a = 1 AND b > 2)) AND a IS NOT NULL AND b IS NOT NULL"
        ),
        Case(
            key: key(int, int, isNullable: true),
            range: ChunkRange(isNullKeys: true),
            sql: "(a IS NULL OR b IS NULL)"
        ),
    ]

    @Test("is written with the key's own literals", arguments: cases)
    func written(example: Case) throws {
        let columns = example.key.map(\.viewColumn)
        let condition = ChunkCondition(key: example.key, columns: columns, entity: "e")
        #expect(try condition.sql(range: example.range) == example.sql)
    }

    @Test("asks for single keys by equality, with text as the result has it")
    func keys() throws {
        let key = key(
            .text(characterSet: "latin1", collation: "latin1_bin"),
            .text(characterSet: "utf8mb4", collation: "utf8mb4_bin"),
            int
        )
        let condition = ChunkCondition(key: key, columns: ["a", "b", "c"], entity: "e")
        #expect(
            try condition.sql(equalTo: [bound("é", "é", "1"), bound("", "x", "-2")])
                == "(a = CONVERT(_utf8mb4 x'C3A9' USING latin1) COLLATE latin1_bin"
                + " AND b = _utf8mb4 x'C3A9' COLLATE utf8mb4_bin AND c = 1"
                + " OR a = CONVERT(_utf8mb4 x'' USING latin1) COLLATE latin1_bin"
                + " AND b = _utf8mb4 x'78' COLLATE utf8mb4_bin AND c = -2)"
        )
        #expect(try condition.sql(equalTo: []) == "FALSE")
        #expect(throws: MySQLError.self) { try condition.sql(equalTo: [bound("a", "b", "1 OR 1")]) }
        #expect(throws: MySQLError.self) { try condition.sql(equalTo: [bound("a", "b")]) }
    }

    private static let wrongBounds: [([ChunkKeyColumn], [[UInt8]])] = [
        (key(int), bound("1 OR 1")), (key(int), bound("")), (key(int), bound("-")),
        (key(int), bound("1.5")), (key(.decimal), bound("1.2.3")), (key(.decimal), bound(".")),
        (key(.temporal), bound("2024-01-01' OR '")), (key(.temporal), bound("")),
        (key(int, int), bound("1")),
        (key(.text(characterSet: "utf8 x", collation: "utf8_bin")), bound("a")),
        (key(.text(characterSet: "utf8", collation: "")), bound("a")),
    ]

    @Test("is refused for a bound that is no value of its column", arguments: wrongBounds)
    func refused(key: [ChunkKeyColumn], bound: [[UInt8]]) {
        let condition = ChunkCondition(key: key, columns: key.map(\.viewColumn), entity: "e")
        #expect(throws: MySQLError.self) { try condition.sql(range: ChunkRange(lower: bound)) }
    }
}

@Suite("Ranges of integers")
struct IntegerRangesTests {
    private func ranges(
        _ least: String,
        _ greatest: String,
        isUnsigned: Bool = false,
        rows: Int,
        perChunk: Int
    ) -> [String]? {
        var ranges = IntegerRanges(
            least: Array(least.utf8),
            greatest: Array(greatest.utf8),
            isUnsigned: isUnsigned,
            rows: rows,
            rowsPerChunk: perChunk
        )
        guard ranges != nil else { return nil }
        var texts: [String] = []
        while let range = ranges?.next() {
            let bounds = [range.lower, range.upper].map { bound in
                bound.map { String(decoding: $0[0], as: UTF8.self) } ?? ""
            }
            texts.append(bounds.joined(separator: ".."))
        }
        return texts
    }

    @Test("are open at both ends and touch each other")
    func open() {
        #expect(ranges("1", "10", rows: 10, perChunk: 4) == ["..4", "4..8", "8.."])
        #expect(ranges("-3", "4", rows: 8, perChunk: 4) == ["..0", "0.."])
        #expect(ranges("5", "5", rows: 1, perChunk: 4) == [".."])
    }

    @Test("are wider where keys are missing")
    func wider() {
        #expect(ranges("1", "30", rows: 10, perChunk: 4) == ["..12", "12..24", "24.."])
    }

    @Test("are not made of sparse keys, nor of what is no integer")
    func sparse() {
        #expect(ranges("1", "41", rows: 10, perChunk: 4) == nil)
        #expect(ranges("-9223372036854775808", "9223372036854775807", rows: 9, perChunk: 1) == nil)
        #expect(ranges("x", "41", rows: 10, perChunk: 4) == nil)
        #expect(ranges("-1", "4", isUnsigned: true, rows: 10, perChunk: 4) == nil)
    }

    @Test("reach the ends of both types without overflow")
    func ends() {
        #expect(
            ranges("9223372036854775802", "9223372036854775807", rows: 6, perChunk: 4)
                == ["..9223372036854775805", "9223372036854775805.."]
        )
        #expect(
            ranges(
                "18446744073709551612",
                "18446744073709551615",
                isUnsigned: true,
                rows: 4,
                perChunk: 3
            )
                == ["..18446744073709551614", "18446744073709551614.."]
        )
        #expect(
            ranges("-9223372036854775808", "-9223372036854775805", rows: 4, perChunk: 2)
                == ["..-9223372036854775807", "-9223372036854775807.."]
        )
    }
}
