/// What kind of values a column has, as far as the views and the fit check care.
enum ColumnClass: Equatable {
    case integer
    case decimal
    /// FLOAT: its text loses digits.
    case float
    case double
    case bit
    /// DATE, DATETIME, TIMESTAMP, TIME.
    case temporal
    case year
    case text
    case `enum`
    case set
    case json
    /// BINARY, VARBINARY and the BLOBs.
    case binary
    case geometry
    /// A type of one server only, such as UUID or VECTOR.
    case other

    var isNumber: Bool {
        switch self {
        case .integer, .decimal, .float, .double, .bit, .year: true
        default: false
        }
    }
}

extension CatalogColumn {
    var columnClass: ColumnClass {
        switch dataType {
        case "tinyint", "smallint", "mediumint", "int", "integer", "bigint", "boolean", "bool":
            .integer
        case "decimal", "numeric", "fixed": .decimal
        case "float": .float
        case "double", "real", "double precision": .double
        case "bit": .bit
        case "date", "datetime", "timestamp", "time": .temporal
        case "year": .year
        case "char", "varchar", "tinytext", "text", "mediumtext", "longtext": .text
        case "enum": .enum
        case "set": .set
        case "json": .json
        case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob": .binary
        case "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring",
            "multipolygon", "geometrycollection", "geomcollection":
            .geometry
        default: .other
        }
    }

    var isZeroFilled: Bool { columnType.lowercased().contains("zerofill") }

    /// Whether a value can have megabytes.
    var isLarge: Bool {
        switch columnClass {
        case .json, .geometry, .other: true
        default: ["mediumtext", "longtext", "mediumblob", "longblob"].contains(dataType)
        }
    }

    /// The numbers in the parentheses of the type: 10 and 2 of `decimal(10,2)`.
    var typeParameters: [Int] {
        guard let open = columnType.firstIndex(of: "("), let close = columnType.firstIndex(of: ")"),
            open < close
        else { return [] }
        return columnType[columnType.index(after: open)..<close].split(separator: ",")
            .compactMap { Int($0) }
    }

    /// Whether two columns compare by a unique key's own rules: else two values that the key tells
    /// apart may both be equal to a third ('1' and '01' to the number 1).
    func comparesExactly(with other: CatalogColumn) -> Bool {
        switch (columnClass, other.columnClass) {
        case (.integer, .integer), (.integer, .decimal), (.decimal, .integer), (.decimal, .decimal),
            (.year, .year), (.binary, .binary):
            true
        case (.text, .text), (.enum, .enum), (.text, .enum):
            collation == other.collation && characterSet == other.characterSet
        case (.temporal, .temporal):
            dataType == other.dataType
                || Set([dataType, other.dataType]).isSubset(of: ["datetime", "timestamp", "date"])
        case (.other, .other): dataType == other.dataType
        default: false
        }
    }

    /// The kind of a column by whose value a row is found again: what bounds a chunk, and what the
    /// server compares by its text as long as nothing is asked of the order.
    var rowKeyKind: ChunkKeyColumn.Kind? {
        switch columnClass {
        case .enum, .set:
            characterSet.flatMap { characterSet in
                collation.map { .text(characterSet: characterSet, collation: $0) }
            }
        default: chunkKind
        }
    }

    /// The kind of chunk key that the column can be; nil where ranges on it are no use (the server
    /// compares an ENUM by its number, a FLOAT by more digits than it prints, …).
    var chunkKind: ChunkKeyColumn.Kind? {
        switch columnClass {
        case .integer: .integer(isUnsigned: isUnsigned)
        case .decimal: .decimal
        case .temporal, .year: .temporal
        case .binary: .binary
        case .text:
            characterSet.flatMap { characterSet in
                collation.map { .text(characterSet: characterSet, collation: $0) }
            }
        case .float, .double, .bit, .enum, .set, .json, .geometry, .other: nil
        }
    }
}
