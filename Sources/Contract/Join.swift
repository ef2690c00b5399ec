/// How a value is reached through other tables.
///
/// All seven joins of the contract.
public enum Join: Sendable, Equatable {
    /// `foreign-key`, `lookup-table`, `multi-column` and `self-join`: at most one row is wanted.
    case toOne(ToOneJoin)
    case conditional(ConditionalJoin)
    case chain(ChainJoin)
    case jsonConstruction(JSONConstruction)
}

public struct ToOneJoin: Sendable, Equatable {
    public enum Kind: String, Sendable, Equatable {
        case foreignKey = "foreign-key"
        case lookupTable = "lookup-table"
        case multiColumn = "multi-column"
        case selfJoin = "self-join"
    }

    public var kind: Kind
    /// nil only in a self-join that does not name it: then the table that the source column's
    /// foreign key references, else the source table.
    public var targetTable: String?
    /// The contract's `join_alias` (self-join only).
    public var alias: String?
    /// The source column that the attribute names, by which the foreign key is looked up.
    public var sourceColumn: String?
    /// All must hold.
    public var conditions: [SQLFragment]
    public var select: SQLFragment
    /// The value where no row matches; may be empty (self-join only).
    public var nullValue: String?

    public init(
        kind: Kind,
        targetTable: String?,
        alias: String? = nil,
        sourceColumn: String? = nil,
        conditions: [SQLFragment],
        select: SQLFragment,
        nullValue: String? = nil
    ) {
        self.kind = kind
        self.targetTable = targetTable
        self.alias = alias
        self.sourceColumn = sourceColumn
        self.conditions = conditions
        self.select = select
        self.nullValue = nullValue
    }
}

public struct ConditionalJoin: Sendable, Equatable {
    /// Over the source table.
    public var condition: SQLFragment
    public var targetTable: String
    public var joinCondition: SQLFragment
    public var select: ConditionalValue
    public var elseValue: ConditionalValue

    public init(
        condition: SQLFragment,
        targetTable: String,
        joinCondition: SQLFragment,
        select: ConditionalValue,
        elseValue: ConditionalValue
    ) {
        self.condition = condition
        self.targetTable = targetTable
        self.joinCondition = joinCondition
        self.select = select
        self.elseValue = elseValue
    }
}

/// A quoted literal or a bare word is a literal; anything qualified or compound is an expression.
public enum ConditionalValue: Sendable, Equatable {
    case literal(String)
    case expression(SQLFragment)
}

public struct ChainJoin: Sendable, Equatable {
    public struct Hop: Sendable, Equatable {
        public var targetTable: String
        public var alias: String?
        public var condition: SQLFragment
        public var select: SQLFragment

        public init(
            targetTable: String,
            alias: String? = nil,
            condition: SQLFragment,
            select: SQLFragment
        ) {
            self.targetTable = targetTable
            self.alias = alias
            self.condition = condition
            self.select = select
        }
    }

    /// At least one, in order.
    public var hops: [Hop]
    /// Given: the values of all hops that are not NULL, joined by it.
    ///
    /// Absent: the last hop's value.
    public var separator: String?

    public init(hops: [Hop], separator: String?) {
        self.hops = hops
        self.separator = separator
    }
}

public struct JSONConstruction: Sendable, Equatable {
    public enum Shape: String, Sendable, Equatable, CaseIterable {
        case array
        case object
    }

    public struct Member: Sendable, Equatable {
        public var name: String
        /// Over the joined table.
        public var value: SQLFragment

        public init(name: String, value: SQLFragment) {
            self.name = name
            self.value = value
        }
    }

    public struct Order: Sendable, Equatable {
        public var expression: SQLFragment
        public var descending: Bool

        public init(expression: SQLFragment, descending: Bool) {
            self.expression = expression
            self.descending = descending
        }
    }

    public var shape: Shape
    public var targetTable: String
    public var joinCondition: SQLFragment
    /// In the contract's order; names are unique and not empty.
    public var members: [Member]
    /// Empty: the target's primary key.
    public var orderBy: [Order]
    public var limit: Int?

    public init(
        shape: Shape,
        targetTable: String,
        joinCondition: SQLFragment,
        members: [Member],
        orderBy: [Order] = [],
        limit: Int? = nil
    ) {
        self.shape = shape
        self.targetTable = targetTable
        self.joinCondition = joinCondition
        self.members = members
        self.orderBy = orderBy
        self.limit = limit
    }
}

/// The four calculations of the contract.
public enum Calculation: Sendable, Equatable {
    case aggregate(Aggregate)
    case cases([CaseBranch], otherwise: SQLFragment?)
    /// The parts that are not NULL, joined by the separator.
    case concat(parts: [SQLFragment], separator: String)
    case dateMath(SQLFragment)
}

public struct Aggregate: Sendable, Equatable {
    public enum Operation: String, Sendable, Equatable, CaseIterable {
        case count = "COUNT"
        case sum = "SUM"
        case average = "AVG"
        case minimum = "MIN"
        case maximum = "MAX"
    }

    public var operation: Operation
    public var targetTable: String
    public var joinCondition: SQLFragment
    /// Over the target; `*` (COUNT only) is nil.
    public var select: SQLFragment?

    public init(
        operation: Operation,
        targetTable: String,
        joinCondition: SQLFragment,
        select: SQLFragment?
    ) {
        self.operation = operation
        self.targetTable = targetTable
        self.joinCondition = joinCondition
        self.select = select
    }
}

public struct CaseBranch: Sendable, Equatable {
    public var when: SQLFragment
    public var then: SQLFragment

    public init(when: SQLFragment, then: SQLFragment) {
        self.when = when
        self.then = then
    }
}
