public import Contract

/// Rows that `RowText` has written as JSON, back in a slab.
public enum SavedRow {
    /// Why a saved row is no row of the result set any more.
    public struct Fault: Error, Sendable, Equatable {
        /// A clause that names the column; never holds a value.
        public var reason: String
    }

    /// Adds the row; on an error the slab is not to be used.
    ///
    /// - Parameters:
    ///   - row: what `RowText.json` wrote, parsed.
    ///   - columns: those that the row is to have, in their order; others of it are left out.
    ///   - slab: has as many columns.
    /// - Throws: `Fault` where a column is not there, or its value was too long to be saved.
    public static func append(
        _ row: JSONValue,
        columns: [ResultColumn],
        to slab: RowSlab
    ) throws(Fault) {
        for column in columns {
            guard let value = row[column.name] else {
                throw Fault(reason: "the row was saved without the column \(column.name)")
            }
            append(try bytes(of: value, column), to: slab)
        }
        slab.endRow()
    }

    /// The bytes that a saved value stands for; nil for NULL.
    ///
    /// - Throws: `Fault` where it was too long to be saved, or is none that `RowText` writes.
    public static func bytes(
        of value: JSONValue,
        _ column: ResultColumn
    ) throws(Fault) -> [UInt8]? {
        switch value {
        case .null: return nil
        case .string(let text):
            guard column.kind == .bit else { return Array(text.utf8) }
            guard let bits = UInt64(text) else { break }
            // As wide as the column, which is how the server sends it.
            let count = min(max((column.length + 7) / 8, 1), 8)
            return (0..<count).reversed().map { UInt8(truncatingIfNeeded: bits >> ($0 * 8)) }
        case .object:
            if value["omitted_bytes"] != nil {
                throw Fault(
                    reason: "the value of the column \(column.name) was too long to be saved"
                )
            }
            guard let text = value["base64"]?.string, let bytes = decoded(text) else { break }
            return bytes
        default: break
        }
        throw Fault(reason: "the saved value of the column \(column.name) cannot be read")
    }

    private static func decoded(_ text: String) -> [UInt8]? {
        let (encoded, out) = (ByteBuffer(capacity: 64), ByteBuffer(capacity: 64))
        encoded.append(Array(text.utf8))
        do throws(ValueFault) {
            try Base64Text.append(decoded: encoded.bytes, to: out)
        } catch {
            return nil
        }
        return out.array()
    }

    private static func append(_ value: [UInt8]?, to slab: RowSlab) {
        guard let value else { return unsafe slab.append(cell: nil) }
        unsafe value.withUnsafeBufferPointer { unsafe slab.append(cell: $0) }
    }
}
