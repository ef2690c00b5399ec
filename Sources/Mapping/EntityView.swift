public import Contract

/// How one entity is read: its view (or the same SELECT inline), the columns the mapper wants,
/// and the bare columns by which it is cut into chunks.
public struct EntityView: Sendable, Equatable {
    /// The view's name, unquoted: `ddb_Users_ORDER_view`, or the contract's own `view`.
    public var name: String
    /// The view's SELECT, ready for `CREATE VIEW` and for inline use; nil for a foreign `view`.
    public var selectSQL: String?
    /// Every column of the view.
    public var columns: [ViewColumn]
    /// In key order: columns of the view that are bare columns of the source table.
    ///
    /// Empty where the source has no usable key: then one stream reads the whole view.
    public var chunkKey: [ChunkKeyColumn]
    /// The columns by which a row is found again: the source's primary key, else the chunk key.
    ///
    /// Empty where there is neither.
    public var rowKey: [ChunkKeyColumn]
    /// The base table whose key it is; nil for a foreign view that is no table.
    public var sourceTable: String?
    /// By attribute name: what fills the placeholders of the attribute's template, one element a
    /// placeholder, in the order of `Template.parts`.
    ///
    /// There is an entry exactly for the attributes that the mapper makes from a template; their
    /// inputs never form a circle.
    public var templates: [String: [TemplateInput]]
    /// By attribute name: the view column with the attribute's raw value (role `.attribute`).
    ///
    /// The column is named like the attribute, save where the server could not tell two names apart
    /// (it ignores case) or would not take the name (over 64 characters).
    public var attributeColumns: [String: String]
    /// How its rows and the child rows of its arrays are read apart; nil where they cannot be, and in a
    /// foreign view.
    public var childReading: ChildReading?

    public init(
        name: String,
        selectSQL: String?,
        columns: [ViewColumn],
        chunkKey: [ChunkKeyColumn],
        rowKey: [ChunkKeyColumn]? = nil,
        sourceTable: String?,
        templates: [String: [TemplateInput]] = [:],
        attributeColumns: [String: String] = [:],
        childReading: ChildReading? = nil
    ) {
        self.name = name
        self.selectSQL = selectSQL
        self.columns = columns
        self.chunkKey = chunkKey
        self.rowKey = rowKey ?? chunkKey
        self.sourceTable = sourceTable
        self.templates = templates
        self.attributeColumns = attributeColumns
        self.childReading = childReading
    }

    /// The view column that holds the raw value of this attribute; nil where nothing is read for it
    /// (a template, a constant).
    public func column(ofAttribute attribute: String) -> ViewColumn? {
        let name = attributeColumns[attribute] ?? attribute
        return columns.first { $0.name == name && $0.role == .attribute }
    }
}

/// What fills one placeholder of a template.
public enum TemplateInput: Sendable, Equatable {
    /// The raw value of the view column of this name, as an S attribute would print it.
    case column(String)
    /// The final value of the entity's attribute of this name, after its own transformation.
    case attribute(String)
}

public struct ViewColumn: Sendable, Equatable {
    public enum Role: Sendable, Equatable {
        /// The raw value of the attribute of this name, before its transformation.
        case attribute
        /// A source column that only templates read; named `_src_<column>` in the view.
        case input(sourceColumn: String)
        /// A bare primary-key column, named `_key_<column>` in the view.
        case key
        /// For people who look at the view; the engine does not read it.
        case display
    }

    /// Unquoted name in the view.
    public var name: String
    public var role: Role
    /// The column that the value is, where it is one column of a table and nothing else.
    public var source: CatalogColumn?
    /// How the members of a `json-construction` are typed; nil for anything else.
    public var json: JSONMembers?
    /// Whether the engine must select `column + 0e0` because the text of a FLOAT loses digits; the
    /// value is then a double that holds a float.
    public var isFloat: Bool

    public init(
        name: String,
        role: Role,
        source: CatalogColumn? = nil,
        json: JSONMembers? = nil,
        isFloat: Bool = false
    ) {
        self.name = name
        self.role = role
        self.source = source
        self.json = json
        self.isFloat = isFloat
    }
}

/// The members of a `json-construction`, in the contract's order.
///
/// The server's JSON text has the same member names in any order.
public struct JSONMembers: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        /// A JSON number whose text is exact.
        case number
        /// A DOUBLE column's value: MySQL's JSON puts `.0` behind a whole one, which its column
        /// does not have.
        case double
        /// A double that holds a FLOAT column's value: shortest text that reads back as that float.
        case float
        case text
        /// Base64 text of a binary column: B in a native map or list, the base64 text in JSON text.
        case binary
        /// A nested document.
        case json
        /// An expression of unknown type: as the server's JSON has it.
        case any
    }

    public struct Member: Sendable, Equatable {
        public var name: String
        public var kind: Kind

        public init(name: String, kind: Kind) {
            self.name = name
            self.kind = kind
        }
    }

    public var shape: JSONConstruction.Shape
    public var members: [Member]

    public init(shape: JSONConstruction.Shape, members: [Member]) {
        self.shape = shape
        self.members = members
    }
}

public struct ChunkKeyColumn: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        case integer(isUnsigned: Bool)
        case decimal
        /// With the column's collation: bounds are compared as the column compares itself.
        case text(characterSet: String, collation: String)
        case binary
        /// DATE, DATETIME, TIMESTAMP, TIME, YEAR: the bound is the server's own text, quoted.
        case temporal
    }

    /// Unquoted name in the view.
    public var viewColumn: String
    /// Unquoted name in the base table.
    public var sourceColumn: String
    public var kind: Kind
    public var isNullable: Bool

    public init(viewColumn: String, sourceColumn: String, kind: Kind, isNullable: Bool) {
        self.viewColumn = viewColumn
        self.sourceColumn = sourceColumn
        self.kind = kind
        self.isNullable = isNullable
    }
}

extension ChunkKeyColumn {
    /// Of a table's column, under its own name where the view has no other for it.
    init(_ column: CatalogColumn, as viewColumn: String? = nil, kind: Kind) {
        self.init(
            viewColumn: viewColumn ?? column.name,
            sourceColumn: column.name,
            kind: kind,
            isNullable: column.isNullable
        )
    }
}
