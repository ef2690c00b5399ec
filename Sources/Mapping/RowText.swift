/// Rows as text, for dead letters.
public enum RowText {
    /// A row as one JSON object: column name to value as the server prints it (a BIT as digits),
    /// `{"base64":"…"}` where a value is not UTF-8, `{"omitted_bytes":…}` where it was too long to
    /// be kept (`RowSlab.cellBytesMax`), null for NULL.
    public static func json(row: Int, of slab: RowSlab, columns: [ResultColumn]) -> String {
        precondition(slab.columnCount == columns.count, "the rows have other columns")
        let cells = slab.row(row)
        let out = ByteBuffer(capacity: 1024)
        let scratch = ByteBuffer(capacity: 64)
        out.append(0x7b)
        for (index, column) in columns.enumerated() {
            if index > 0 { out.append(0x2c) }
            scratch.truncate(to: 0)
            scratch.append(column.name)
            appendText(scratch.bytes, to: out)
            out.append(0x3a)
            let cell = cells[index]
            if cell.isNull {
                out.append("null")
            } else if cell.isOmitted {
                out.append("{\"omitted_bytes\":")
                out.append(unsigned: cell.offset)
                out.append(0x7d)
            } else if column.kind == .bit {
                out.append(0x22)
                out.append(unsigned: unsignedInteger(cells.bytes(cell)))
                out.append(0x22)
            } else {
                appendText(cells.bytes(cell), to: out)
            }
        }
        out.append(0x7d)
        return String(decoding: out.array(), as: UTF8.self)
    }

    /// A BIT cell's big-endian bytes.
    static func unsignedInteger(_ bytes: Bytes) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<bytes.count { value = value << 8 | UInt64(bytes[index]) }
        return value
    }

    private static func appendText(_ text: Bytes, to out: ByteBuffer) {
        let start = out.count
        out.append(0x22)
        do throws(ValueFault) {
            try UTF8Text.append(escaped: text, to: out)
            out.append(0x22)
        } catch {
            out.truncate(to: start)
            out.append("{\"base64\":\"")
            Base64Text.append(encoded: text, to: out)
            out.append("\"}")
        }
    }
}
