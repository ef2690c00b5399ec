internal import Mapping

/// Puts the rows of INFORMATION_SCHEMA together into tables; pure.
struct CatalogBuilder {
    private struct Key {
        var name: String
        var columns: [(position: Int, name: String)] = []
        /// Whether it has a part that is not a whole column: a prefix or an expression.
        var isPartial = false

        var columnNames: [String] { columns.sorted { $0.position < $1.position }.map(\.name) }
    }

    private struct Reference {
        var name: String
        var table: String
        var columns: [(position: Int, name: String, referenced: String)] = []
    }

    private struct Table {
        var name: String
        var isView: Bool
        var estimatedRows: Int?
        var columns: [(position: Int, column: CatalogColumn)] = []
        var keys: [Key] = []
        var references: [Reference] = []
    }

    private let ignoresCase: Bool
    private var parts: [Table] = []
    private var indexes: [String: Int] = [:]

    init(ignoresCase: Bool) {
        self.ignoresCase = ignoresCase
    }

    /// Whether a column may be JSON in the guise of text, as on MariaDB.
    var mayHaveJSON: Bool {
        parts.contains { $0.columns.contains { $0.column.dataType == "longtext" } }
    }

    mutating func addTable(_ row: CatalogRow) {
        guard indexes[id(row[0])] == nil else { return }
        indexes[id(row[0])] = parts.count
        let isView = row[1].hasSuffix("VIEW")
        parts.append(
            Table(name: row[0], isView: isView, estimatedRows: isView ? nil : row.number(2))
        )
    }

    mutating func addColumn(_ row: CatalogRow) {
        guard let index = indexes[id(row[0])] else { return }
        let column = CatalogColumn(
            name: row[2],
            dataType: row[3].lowercased(),
            columnType: row[4],
            isNullable: row[5] == "YES",
            characterSet: row.optional(6),
            collation: row.optional(7)
        )
        parts[index].columns.append((row.number(1) ?? 0, column))
    }

    mutating func addKeyColumn(_ row: CatalogRow) {
        guard let index = indexes[id(row[0])] else { return }
        let key =
            parts[index].keys.firstIndex { $0.name == row[1] } ?? parts[index].keys.endIndex
        if key == parts[index].keys.endIndex { parts[index].keys.append(Key(name: row[1])) }
        if let column = row.optional(3) {
            parts[index].keys[key].columns.append((row.number(2) ?? 0, column))
        }
        if row.optional(3) == nil || row.optional(4) != nil {
            parts[index].keys[key].isPartial = true
        }
    }

    mutating func addForeignKeyColumn(_ row: CatalogRow) {
        // A reference into another database names no table of this one.
        guard let index = indexes[id(row[0])], id(row[4]) == id(row[7]) else { return }
        let references = parts[index].references
        let reference = references.firstIndex { $0.name == row[1] } ?? references.endIndex
        if reference == references.endIndex {
            parts[index].references.append(Reference(name: row[1], table: row[5]))
        }
        parts[index].references[reference].columns.append((row.number(2) ?? 0, row[3], row[6]))
    }

    /// A MariaDB check constraint: `json_valid(`details`)` makes a longtext column a JSON one.
    mutating func addCheck(_ row: CatalogRow) {
        guard let index = indexes[id(row[0])] else { return }
        let clause = row[1].lowercased()
        for place in parts[index].columns.indices {
            let column = parts[index].columns[place].column
            guard column.dataType == "longtext",
                clause == "json_valid(\(SQLText.identifier(column.name.lowercased())))"
            else { continue }
            parts[index].columns[place].column.dataType = "json"
        }
    }

    var tables: [CatalogTable] {
        parts.map { part in
            let isPrimary = { (key: Key) in key.name == "PRIMARY" }
            return CatalogTable(
                name: part.name,
                isView: part.isView,
                columns: part.columns.sorted { $0.position < $1.position }.map(\.column),
                primaryKey: part.keys.first(where: isPrimary)?.columnNames ?? [],
                foreignKeys: part.references.sorted { $0.name < $1.name }.map { reference in
                    let columns = reference.columns.sorted { $0.position < $1.position }
                    return ForeignKey(
                        columns: columns.map(\.name),
                        referencedTable: reference.table,
                        referencedColumns: columns.map(\.referenced)
                    )
                },
                estimatedRows: part.estimatedRows,
                uniqueKeys: part.keys.filter { !isPrimary($0) && !$0.isPartial }.map(\.columnNames)
            )
        }
    }

    private func id(_ name: String) -> String {
        ignoresCase ? name.lowercased() : name
    }
}
