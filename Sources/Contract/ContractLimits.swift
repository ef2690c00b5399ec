/// The limits that a contract is held to, each with its source.
///
/// Our own limits bound what a hostile or broken file can cost; no real contract comes near them.
public enum ContractLimits {
    /// Bytes of the file (our own limit).
    public static let fileBytesMax = 4 << 20
    /// Arrays and objects in each other; the format itself needs nine (our own limit).
    public static let nestingMax = 32
    /// Tables a contract (our own limit).
    public static let tablesMax = 500
    /// Entities a table (our own limit).
    public static let entitiesMax = 200
    /// Attributes an entity: MySQL's InnoDB has 1,017 columns a table
    /// (https://dev.mysql.com/doc/refman/8.4/en/innodb-limits.html), and the view needs some more
    /// columns for keys.
    public static let entityAttributesMax = 1_000
    /// Attributes of all entities together (our own limit).
    public static let attributesMax = 20_000
    /// Bytes of one SQL fragment, template or format (our own limit).
    public static let fragmentBytesMax = 4_096
    /// Hops of a chain, conditions of a multi-column join, branches of a case, parts of a concat,
    /// columns of a chunk key.
    ///
    /// MySQL joins at most 61 tables (https://dev.mysql.com/doc/refman/8.4/en/join.html).
    public static let listMax = 60
    /// Members of a `json-construction` (our own limit).
    public static let membersMax = 500
    /// Errors, and warnings, that are kept; of more only the number is told (our own limit).
    public static let problemsMax = 1_000

    /// Global secondary indexes a table.
    /// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
    public static let indexesMax = 20
    /// Attributes that all INCLUDE projections of a table name together, and of one index alone.
    /// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Projection.html
    public static let projectedAttributesMax = 100
    public static let projectedAttributesOfIndexMax = 20
    /// Characters of a table's or an index's name (letters, digits, `_`, `.` and `-`).
    /// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
    public static let nameLength = 3...255
    /// Bytes of an attribute's name.
    /// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
    public static let attributeNameBytesMax = 65_535
    /// Bytes of the name of a key of a table or an index, or of a projected attribute.
    /// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
    public static let keyNameBytesMax = 255
    /// Tags a table, and the characters of a tag's key and value.
    /// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Tagging.html
    public static let tagsMax = 50
    public static let tagKeyLength = 1...128
    public static let tagValueLengthMax = 256
    /// Significant digits of a number, and the powers of ten of its first digit.
    /// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
    public static let numberDigitsMax = 38
    public static let numberExponent = -130...125
    /// Maps and lists in each other, the attribute's own value included.
    /// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
    public static let valueNestingMax = 31
    /// Characters of an identifier (table, column, alias, view).
    /// https://dev.mysql.com/doc/refman/8.4/en/identifier-length.html
    public static let identifierLengthMax = 64
}
