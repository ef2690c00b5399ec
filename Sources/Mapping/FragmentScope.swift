internal import Contract

/// One row that an SQL fragment can speak of.
struct ScopeRow {
    /// Our own alias of the row in the SELECT, unquoted.
    var alias: String
    var table: CatalogTable
    /// The contract's name of the table, as its author wrote it.
    var name: String
    /// The alias that the contract gives the row; nil if none, or if it is the table's own name.
    var contractAlias: String?

    init(alias: String, table: CatalogTable, name: String, contractAlias: String? = nil) {
        self.alias = alias
        self.table = table
        self.name = name
        self.contractAlias = contractAlias == name ? nil : contractAlias
    }

    func renamed(_ alias: String) -> ScopeRow {
        var row = self
        row.alias = alias
        return row
    }
}

/// The rows in scope of a fragment, and which of them a name belongs to.
struct FragmentScope {
    enum Home {
        /// A column without qualifier is the source's: `condition`, `when`, `expression`.
        case source
        /// A column without qualifier is the joined table's: `select_column`, `order_by`.
        case joined
        /// A join condition: a column without qualifier must be of one row only.
        case condition
    }

    /// Which side of a comparison a name stands on.
    enum Side {
        case left
        case right
    }

    var source: ScopeRow
    /// Earlier hops of a chain, in order.
    var hops: [ScopeRow] = []
    var joined: ScopeRow?
    var home: Home
    /// Every table of the contract.
    ///
    /// Another qualifier is a name for the joined row.
    var contractTables: Set<String>

    /// The row that a qualifier names.
    func row(_ qualifier: String, side: Side) throws(FragmentProblem) -> ScopeRow {
        if let joined, joined.contractAlias == qualifier { return joined }
        if let hop = hops.last(where: { $0.contractAlias == qualifier }) { return hop }
        let namesJoined = joined?.name == qualifier
        let other =
            hops.last { $0.name == qualifier } ?? (source.name == qualifier ? source : nil)
        if let joined, namesJoined {
            guard let other else { return joined }
            // Both rows are of the table that is named.
            guard joined.contractAlias == nil else { return other }
            switch home {
            case .source: return other
            case .joined: return joined
            case .condition: return side == .left ? joined : other
            }
        }
        if let other { return other }
        guard let joined, !contractTables.contains(qualifier) else {
            throw FragmentProblem(
                "\(qualifier) is not a table that can be named here",
                hint: NameHint.nearest(qualifier, among: rowNames)
            )
        }
        return joined
    }

    /// The row that a column without qualifier belongs to; nil where no row has such a column.
    func row(ofColumn name: String) throws(FragmentProblem) -> ScopeRow? {
        switch home {
        case .source: return source.table.column(name) == nil ? nil : source
        case .joined: return joined?.table.column(name) == nil ? nil : joined
        case .condition:
            let rows = allRows.filter { $0.table.column(name) != nil }
            guard rows.count < 2 else {
                throw FragmentProblem(
                    "\(name) is a column of both sides",
                    hint: "write its table before it: \(rows[0].name).\(name)"
                )
            }
            return rows.first
        }
    }

    /// Columns that a name without qualifier can mean, for hints.
    var columnNames: [String] {
        switch home {
        case .source: source.table.columns.map(\.name)
        case .joined: joined?.table.columns.map(\.name) ?? []
        case .condition: allRows.flatMap { $0.table.columns.map(\.name) }
        }
    }

    /// The table that a name without qualifier is looked up in, for messages.
    var homeName: String {
        switch home {
        case .source: source.name
        case .joined: joined?.name ?? source.name
        case .condition: allRows.map(\.name).joined(separator: " or ")
        }
    }

    private var allRows: [ScopeRow] { (joined.map { [$0] } ?? []) + hops.reversed() + [source] }

    private var rowNames: [String] {
        allRows.flatMap { [$0.name, $0.contractAlias].compactMap(\.self) }
    }
}

/// Why a fragment cannot be used, without its place in the contract.
struct FragmentProblem: Error {
    var message: String
    var hint: String?

    init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }
}
