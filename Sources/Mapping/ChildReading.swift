internal import Contract

/// An entity read in two: its own rows by one statement, and by one more for each array the child
/// rows that its elements are made of, which are then put into the rows by the reader.
///
/// It gives what `EntityView.selectSQL` gives, at less cost to the server, which otherwise looks the
/// child rows up row by row. Both statements must see the same data: they need one snapshot.
public struct ChildReading: Sendable, Equatable {
    /// As `EntityView.selectSQL`, without display columns, and with an empty text in the columns of
    /// `arrays`.
    public var selectSQL: String
    /// The key by which child rows find their row: a chunk key of one integer column that is never
    /// NULL.
    public var key: ChunkKeyColumn
    public var arrays: [ChildArray]
}

/// One array of child rows, with SQL of the child row under the alias `ChildArray.alias`.
public struct ChildArray: Sendable, Equatable {
    /// The child row's alias in all SQL here, unquoted.
    public static let alias = "c"

    /// Unquoted name of the view's column that holds the array's JSON text.
    public var column: String
    /// Unquoted name of the child table.
    public var table: String
    /// The child's column that equals the entity's key, an integer of the same sign.
    public var key: ChunkKeyColumn
    /// JSON text of an element; where it is NULL, only the view says what becomes of the array.
    public var elementSQL: String
    /// What a child row must be besides; nil: nothing.
    public var filterSQL: String?
    /// The list behind ORDER BY that orders the elements of one array.
    public var orderSQL: String
    /// The integer primary key, where the elements are in its order and it is of one column.
    public var rowKey: ChunkKeyColumn?
}

/// An array whose child rows can be read by a statement of their own, as the builder has it.
struct PartedArray {
    /// Unquoted name of the source's column that the child's key equals.
    var sourceColumn: String
    /// Without the view's column, which has no name yet.
    var array: ChildArray
}

extension EntityViewBuilder {
    /// What an array is made of, where its rows can be read by themselves; nil where only the server
    /// can put them together.
    ///
    /// They can where one integer column of the child equals one of the source, and nothing else of
    /// the child's rows depends on the source row.
    func partedArray(
        _ construction: JSONConstruction,
        _ child: ScopeRow,
        _ condition: WrittenFragment,
        _ members: WrittenMembers,
        _ order: RowOrder
    ) -> PartedArray? {
        let parted = JoinEqualities.parted(
            construction.joinCondition.tokens,
            condition,
            joinedAlias: child.alias
        )
        guard let parted, construction.limit == nil,
            !child.table.isView, !source.table.isView,
            members.references.allSatisfy({ $0.row.alias == child.alias }),
            order.terms.allSatisfy(\.isSortedExactly),
            let key = child.table.column(parted.equality.column), let kind = key.chunkKind,
            let other = parted.equality.other, other.row.alias == source.alias,
            key.columnClass == .integer, other.column.columnClass == .integer,
            key.isUnsigned == other.column.isUnsigned
        else { return nil }
        var filter: String?
        if !parted.rest.isEmpty {
            let written = try? FragmentWriter.write(
                SQLFragment(text: "", tokens: parted.rest),
                in: scope(.condition, joined: child),
                server: catalog.server
            )
            guard let written else { return nil }
            filter = written.sql
        }
        return PartedArray(
            sourceColumn: other.column.name,
            array: ChildArray(
                column: "",
                table: child.table.name,
                key: ChunkKeyColumn(key, kind: kind),
                elementSQL: members.sql,
                filterSQL: filter,
                orderSQL: order.sql,
                rowKey: Self.rowKey(of: child, order)
            )
        )
    }

    /// The one column of an integer primary key that alone makes the order.
    private static func rowKey(of child: ScopeRow, _ order: RowOrder) -> ChunkKeyColumn? {
        guard child.table.primaryKey.count == 1, order.terms.count == 1,
            let term = order.terms.first, !term.isDescending,
            let column = term.column, column.name == child.table.primaryKey[0],
            column.columnClass == .integer, let kind = column.chunkKind
        else { return nil }
        return ChunkKeyColumn(column, kind: kind)
    }
}
