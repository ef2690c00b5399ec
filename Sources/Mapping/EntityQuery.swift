/// The statement by which the engine reads an entity, without its WHERE.
public enum EntityQuery {
    /// The result's columns in order: what the mapper needs, and the source's key, by which a row
    /// that cannot be an item is found again.
    ///
    /// Where there is nothing of both, the one column of the result is a 1 that nobody reads, and
    /// this is empty.
    public static func columns(of view: EntityView) -> [ViewColumn] {
        view.columns.filter { $0.role != .display }
    }

    /// `SELECT … FROM …`, ready for a WHERE on the bare columns of `EntityView.chunkKey` (by their
    /// `viewColumn`, unqualified or of the row `v`).
    ///
    /// A FLOAT column is read as a double, which has all of its digits.
    ///
    /// - Parameters:
    ///   - view: what is read.
    ///   - inline: reads the view's SELECT itself, for an account that may not create views. Both
    ///     servers merge it just as they do the view.
    /// - Returns: the statement.
    public static func selectSQL(view: EntityView, inline: Bool) -> String {
        var source = SQLText.identifier(view.name)
        if inline, let selectSQL = view.selectSQL { source = "(\n\(selectSQL)\n)" }
        return select(view, from: source)
    }

    /// The same of `ChildReading.selectSQL`: an array that is read by itself is an empty text in it.
    ///
    /// nil where nothing can be read so.
    public static func rowsSQL(view: EntityView) -> String? {
        view.childReading.map { select(view, from: "(\n\($0.selectSQL)\n)") }
    }

    private static func select(_ view: EntityView, from source: String) -> String {
        let list = columns(of: view).map { column in
            let name = SQLText.identifier(column.name)
            return column.isFloat ? "`v`.\(name) + 0e0 AS \(name)" : "`v`.\(name)"
        }
        return "SELECT \(list.isEmpty ? "1" : list.joined(separator: ", ")) FROM \(source) AS `v`"
    }
}
