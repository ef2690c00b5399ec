import Contract
import Testing

@testable import Mapping

@Suite("Row slabs and byte buffers")
struct RowSlabTests {
    /// Hands a row over as the MySQL client does: pointers into its own memory, and lengths.
    private static func append(_ row: [[UInt8]?], to slab: RowSlab) {
        var values: [UnsafeMutablePointer<CChar>?] = unsafe []
        var lengths: [UInt] = []
        for cell in row {
            lengths.append(UInt(cell?.count ?? 0))
            guard let cell else {
                unsafe values.append(nil)
                continue
            }
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: cell.count + 1)
            unsafe cell.withUnsafeBytes {
                unsafe UnsafeMutableRawBufferPointer(start: copy, count: cell.count)
                    .copyMemory(from: $0)
            }
            unsafe values.append(copy)
        }
        unsafe slab.appendRow(values: values, lengths: lengths)
        for index in row.indices { unsafe values[index]?.deallocate() }
    }

    @Test("rows of the client come back as they were: NULLs, empty values and zero bytes")
    func rows() {
        let slab = RowSlab(columnCount: 3)
        let rows: [[[UInt8]?]] = (0..<700).map { row in
            [
                row % 3 == 0 ? nil : [UInt8](repeating: UInt8(row & 255), count: row % 50), [],
                [0, 0xff, UInt8(row & 255)],
            ]
        }
        for row in rows { Self.append(row, to: slab) }
        #expect(slab.rowCount == 700)
        #expect(slab.byteCount == rows.joined().reduce(0) { $0 + ($1?.count ?? 0) })
        for (index, row) in rows.enumerated() {
            #expect((0..<3).map { slab.value(row: index, column: $0) } == row)
        }
        #expect(slab.cell(row: 0, column: 0).isNull)
        #expect(!slab.cell(row: 0, column: 1).isNull)
    }

    @Test("a reset slab is empty, takes other columns and gives back memory that it outgrew")
    func reset() {
        let slab = RowSlab(columnCount: 1)
        Self.append([[UInt8](repeating: 7, count: 3 << 20)], to: slab)
        slab.reset(columnCount: 2, chunk: ChunkID(entity: 3, attempt: 4), firstRow: 5)
        #expect(slab.rowCount == 0 && slab.byteCount == 0 && slab.columnCount == 2)
        #expect(slab.chunk == ChunkID(entity: 3, attempt: 4) && slab.firstRow == 5)
        Self.append([[1], nil], to: slab)
        #expect(slab.value(row: 0, column: 0) == [1])
        #expect(slab.value(row: 0, column: 1) == nil)
    }

    @Test("a cell over the limit is omitted with its size, the others of its row are kept")
    func longCell() {
        let slab = RowSlab(columnCount: 3)
        let long = [UInt8](repeating: 1, count: RowSlab.cellBytesMax + 1)
        Self.append([[1], long, [2]], to: slab)
        Self.append([[3], nil, Array(long.dropLast())], to: slab)
        #expect(slab.cell(row: 0, column: 1).isOmitted)
        #expect(slab.cell(row: 0, column: 1).offset == UInt32(long.count))
        #expect(slab.value(row: 0, column: 0) == [1])
        #expect(slab.value(row: 0, column: 2) == [2])
        #expect(slab.value(row: 1, column: 2)?.count == RowSlab.cellBytesMax)
    }

    @Test("a row over the limit is omitted from the cell on that does not fit")
    func longRow() {
        let slab = RowSlab(columnCount: 6)
        let cell = [UInt8](repeating: 1, count: RowSlab.cellBytesMax)
        Self.append([cell, cell, cell, cell, [1], nil], to: slab)
        #expect(
            (0..<6).map { slab.cell(row: 0, column: $0).isOmitted } == [
                false, false, false, false, true, false,
            ]
        )
        Self.append([[5], nil, nil, nil, nil, nil], to: slab)
        #expect(slab.value(row: 1, column: 0) == [5])
    }

    @Test("a slab that is never handed over stops before its offsets overflow")
    func overflow() async {
        await #expect(processExitsWith: .failure) {
            let slab = RowSlab(columnCount: 1)
            let cell = [UInt8](repeating: 1, count: RowSlab.cellBytesMax)
            for _ in 0...(RowSlab.bytesMax / cell.count) {
                unsafe cell.withUnsafeBufferPointer { unsafe slab.append(cell: $0) }
                slab.endRow()
            }
        }
    }

    @Test("a buffer keeps its bytes while it grows, and is cut back")
    func buffer() {
        let buffer = ByteBuffer(capacity: 1)
        var expected: [UInt8] = []
        for index in 0..<1000 {
            let piece = [UInt8](repeating: UInt8(index & 255), count: index % 7)
            buffer.append(piece)
            expected += piece
        }
        #expect(buffer.array() == expected)
        #expect(buffer.array(10..<20) == Array(expected[10..<20]))
        buffer.truncate(to: 100, bytesKeptMax: 256)
        #expect(buffer.count == 100 && buffer.capacity == 256)
        #expect(buffer.array() == Array(expected.prefix(100)))
        let other = ByteBuffer()
        other.append(buffer, 5..<9)
        other.append("é")
        #expect(other.array() == Array(expected[5..<9]) + [0xc3, 0xa9])
    }
}

@Suite("Numbers in a buffer")
struct ByteBufferNumberTests {
    @Test(
        "are decimal digits, with zeros before them up to a width",
        arguments: [
            (0, 1, "0"), (7, 1, "7"), (10, 1, "10"), (999, 1, "999"), (7, 3, "007"),
            (1000, 3, "1000"), (0, 4, "0000"), (.max, 1, "18446744073709551615"),
            (.max, 20, "18446744073709551615"), (1, 20, "00000000000000000001"),
        ] as [(UInt64, Int, String)]
    )
    func unsigned(value: UInt64, width: Int, expected: String) {
        let buffer = ByteBuffer(capacity: 1)
        buffer.append("x")
        buffer.append(unsigned: value, width: width)
        #expect(String(decoding: buffer.array(), as: UTF8.self) == "x" + expected)
    }

    @Test("of two digits are right from 0 to 99")
    func twoDigits() {
        let buffer = ByteBuffer(capacity: 1)
        for value in 0..<100 { buffer.append(twoDigits: value) }
        let expected = (0..<100).map { $0 < 10 ? "0\($0)" : "\($0)" }.joined()
        #expect(String(decoding: buffer.array(), as: UTF8.self) == expected)
    }
}

@Suite("Rows of dead letters")
struct RowTextTests {
    @Test("a row is one JSON object: text, base64 of what is no text, NULL and what was omitted")
    func row() {
        let columns: [(String, ResultColumn.Kind)] = [
            ("id", .integer), ("na\"me", .text), ("photo", .binary), ("flags", .bit),
            ("gone", .text), ("none", .null), ("empty", .text),
        ]
        let slab = MapperFixture.slab([
            [
                Array("7".utf8), Array("Zoë\n\"".utf8), [0xff, 0xd8], [1, 0],
                [UInt8](repeating: 1, count: RowSlab.cellBytesMax + 1), nil, [],
            ]
        ])
        #expect(
            RowText.json(
                row: 0,
                of: slab,
                columns: columns.map { ResultColumn(name: $0.0, kind: $0.1) }
            )
                == #"{"id":"7","na\"me":"Zoë\n\"","photo":{"base64":"/9g="},"flags":"256","#
                + #""gone":{"omitted_bytes":16777217},"none":null,"empty":""}"#
        )
    }

    @Test("a row that was written as JSON is read back, whatever bytes it has")
    func saved() throws {
        let columns = [
            ResultColumn(name: "id", kind: .integer), ResultColumn(name: "na\"me", kind: .text),
            ResultColumn(name: "photo", kind: .binary),
            ResultColumn(name: "flags", kind: .bit, length: 10),
            ResultColumn(name: "none", kind: .null), ResultColumn(name: "empty", kind: .text),
        ]
        let cells: [[UInt8]?] = [
            Array("7".utf8), Array("Zoë\n\"".utf8), [0xff, 0xd8], [1, 0], nil, [],
        ]
        let json = RowText.json(row: 0, of: MapperFixture.slab([cells]), columns: columns)
        let row = try JSONParser.parse(Array(json.utf8))
        let slab = RowSlab(columnCount: columns.count)
        try SavedRow.append(row, columns: columns, to: slab)
        #expect(columns.indices.map { slab.value(row: 0, column: $0) } == cells)
    }

    @Test(
        "a saved row that lacks something is refused, and says what",
        arguments: [
            (#"{"b":"1"}"#, "the row was saved without the column a"),
            (#"{"a":{"omitted_bytes":1}}"#, "the value of the column a was too long to be saved"),
            (#"{"a":{"base64":"?"}}"#, "the saved value of the column a cannot be read"),
            (#"{"a":7}"#, "the saved value of the column a cannot be read"),
            (#"{"a":"x"}"#, "the saved value of the column a cannot be read"),
        ]
    )
    func unsaved(text: String, reason: String) throws {
        let row = try JSONParser.parse(Array(text.utf8))
        let columns = [ResultColumn(name: "a", kind: .bit, length: 1)]
        #expect(throws: SavedRow.Fault(reason: reason)) {
            try SavedRow.append(row, columns: columns, to: RowSlab(columnCount: 1))
        }
    }
}
