internal import CMySQL
internal import Mapping

extension ResultColumn {
    /// The column as the client library's metadata describes it.
    init(_ field: MYSQL_FIELD) {
        let type = unsafe withUnsafePointer(to: field) { unsafe cmysql_field_type($0) }
        let name = unsafe UnsafeRawBufferPointer(start: field.name, count: Int(field.name_length))
        let kind = unsafe Self.kind(
            type: type,
            flags: field.flags,
            characterSet: field.charsetnr
        )
        unsafe self.init(
            name: String(decoding: name, as: UTF8.self),
            kind: kind,
            isUnsigned: field.flags & Self.unsignedFlag != 0 && Self.isNumber(kind),
            length: Int(field.length),
            decimals: Int(field.decimals)
        )
    }

    private static let unsignedFlag: UInt32 = 32
    private static let enumFlag: UInt32 = 0x100
    private static let setFlag: UInt32 = 0x800
    /// The number of the character set `binary`.
    private static let binaryCharacterSet: UInt32 = 63

    /// MariaDB says of timestamps and UUIDs too that they are unsigned.
    private static func isNumber(_ kind: Kind) -> Bool {
        switch kind {
        case .integer, .decimal, .float, .double, .bit, .year: true
        default: false
        }
    }

    /// The kind behind a type's number on the wire.
    ///
    /// Numbers and not the libraries' names, since neither library has all of them.
    /// https://dev.mysql.com/doc/dev/mysql-server/latest/field__types_8h.html
    ///
    /// Numbers and dates have the binary character set too, so that it means binary strings only on
    /// string types; the BINARY flag means nothing, since text of a `_bin` collation has it too.
    static func kind(type: UInt32, flags: UInt32, characterSet: UInt32) -> Kind {
        switch type {
        case 1, 2, 3, 8, 9, 244: .integer  // TINY, SHORT, LONG, LONGLONG, INT24, BOOL
        case 0, 246: .decimal
        case 4: .float
        case 5: .double
        case 6: .null
        case 7, 12, 17, 18: .dateTime
        case 10, 14: .date
        case 11, 19: .time
        case 13: .year
        case 16: .bit
        case 242, 255: .binary  // VECTOR, GEOMETRY
        case 245: .json
        case 247: .enum
        case 248: .set
        default:  // VARCHAR 15, BLOBs 249 to 252, VAR_STRING 253, STRING 254
            if flags & enumFlag != 0 {
                .enum
            } else if flags & setFlag != 0 {
                .set
            } else {
                characterSet == binaryCharacterSet ? .binary : .text
            }
        }
    }
}
