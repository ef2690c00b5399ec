/// A migration contract: which DynamoDB tables, which keys, and which MySQL columns, joins and
/// formats fill each attribute.
///
/// The module is pure: it reads bytes and returns values. It must not know of servers, files or
/// the environment.
///
/// A `Contract` is normalised while it is decoded, so that the rooms above see one shape only:
/// a single-entity table has exactly one entity; a key that no attribute fills has an attribute
/// made from its template or from its composite name; policies are resolved to each attribute.
public struct Contract: Sendable, Equatable {
    public var tables: [Table]

    public init(tables: [Table]) {
        self.tables = tables
    }
}

/// One DynamoDB table of the contract, and the entities that fill it.
public struct Table: Sendable, Equatable {
    /// The DynamoDB table's name, without `--table-prefix`.
    public var name: String
    public var isMultiEntity: Bool
    /// Name and type of the partition key's attribute.
    public var partitionKey: KeyAttribute
    public var sortKey: KeyAttribute?
    public var indexes: [SecondaryIndex]
    /// At least one.
    ///
    /// Exactly one, with `entityType == nil`, in a single-entity table.
    public var entities: [Entity]
    /// Provisioned capacity; nil means on-demand.
    public var capacity: Capacity?
    public var tags: [Tag]
    /// The attribute (type N or S) that says which of two states of an item is the newer one.
    public var versionAttribute: String?
    /// Bytes, as the contract's author estimated them; nil where not given.
    public var estimatedItemSize: Int?
    /// Where the table stands in the file: `tables[0]`.
    public var path: String

    public init(
        name: String,
        isMultiEntity: Bool,
        partitionKey: KeyAttribute,
        sortKey: KeyAttribute?,
        indexes: [SecondaryIndex],
        entities: [Entity],
        capacity: Capacity? = nil,
        tags: [Tag] = [],
        versionAttribute: String? = nil,
        estimatedItemSize: Int? = nil,
        path: String
    ) {
        self.name = name
        self.isMultiEntity = isMultiEntity
        self.partitionKey = partitionKey
        self.sortKey = sortKey
        self.indexes = indexes
        self.entities = entities
        self.capacity = capacity
        self.tags = tags
        self.versionAttribute = versionAttribute
        self.estimatedItemSize = estimatedItemSize
        self.path = path
    }
}

/// A key of a table or of an index: an attribute's name and its type (S, N or B).
public struct KeyAttribute: Sendable, Equatable, Hashable {
    public var name: String
    public var type: AttributeType

    public init(name: String, type: AttributeType) {
        self.name = name
        self.type = type
    }
}

/// A global secondary index.
public struct SecondaryIndex: Sendable, Equatable {
    public enum Projection: Sendable, Equatable {
        case all
        case keysOnly
        case include([String])
    }

    public var name: String
    public var partitionKey: KeyAttribute
    public var sortKey: KeyAttribute?
    public var projection: Projection
    /// Provisioned capacity of the index; nil takes the table's.
    public var capacity: Capacity?
    public var path: String

    public init(
        name: String,
        partitionKey: KeyAttribute,
        sortKey: KeyAttribute?,
        projection: Projection,
        capacity: Capacity? = nil,
        path: String
    ) {
        self.name = name
        self.partitionKey = partitionKey
        self.sortKey = sortKey
        self.projection = projection
        self.capacity = capacity
        self.path = path
    }
}

/// Provisioned capacity, in read and write capacity units per second.
public struct Capacity: Sendable, Equatable {
    public var readUnits: Int
    public var writeUnits: Int

    public init(readUnits: Int, writeUnits: Int) {
        self.readUnits = readUnits
        self.writeUnits = writeUnits
    }
}

public struct Tag: Sendable, Equatable {
    public var key: String
    public var value: String

    public init(key: String, value: String) {
        self.key = key
        self.value = value
    }
}

/// One kind of item in a table: the rows of one source table, each an item.
public struct Entity: Sendable, Equatable {
    /// The contract's `entity_type`; nil in a single-entity table.
    public var entityType: String?
    public var sourceTable: String
    /// An existing view (or table) to read as it is: its columns are named like the attributes and
    /// hold their final values, so joins, calculations and transformations are not applied again.
    public var view: String?
    /// Columns by which to cut the source into chunks instead of its primary key; empty if not
    /// given.
    public var chunkKey: [String]
    /// In the contract's order; attributes made from templates and composite key names come last.
    public var attributes: [Attribute]
    public var path: String

    public init(
        entityType: String?,
        sourceTable: String,
        view: String? = nil,
        chunkKey: [String] = [],
        attributes: [Attribute],
        path: String
    ) {
        self.entityType = entityType
        self.sourceTable = sourceTable
        self.view = view
        self.chunkKey = chunkKey
        self.attributes = attributes
        self.path = path
    }
}

/// DynamoDB's attribute types, by their type descriptors.
public enum AttributeType: String, Sendable, Equatable, Hashable, CaseIterable {
    case string = "S"
    case number = "N"
    case binary = "B"
    case stringSet = "SS"
    case numberSet = "NS"
    case binarySet = "BS"
    case map = "M"
    case list = "L"
    case bool = "BOOL"
    case null = "NULL"
}

public struct Attribute: Sendable, Equatable {
    public var name: String
    public var type: AttributeType
    public var source: AttributeSource
    public var transformation: Transformation?
    public var nullPolicy: NullPolicy
    public var emptyPolicy: EmptyPolicy
    /// Where the attribute stands in the file: `tables[0].entities[2].attributes[1]`.
    ///
    /// One made from a template carries the template's path.
    public var path: String

    public init(
        name: String,
        type: AttributeType,
        source: AttributeSource,
        transformation: Transformation? = nil,
        nullPolicy: NullPolicy = .absent,
        emptyPolicy: EmptyPolicy = .keep,
        path: String
    ) {
        self.name = name
        self.type = type
        self.source = source
        self.transformation = transformation
        self.nullPolicy = nullPolicy
        self.emptyPolicy = emptyPolicy
        self.path = path
    }
}

/// What becomes of an SQL NULL (`null` in the contract, of an attribute, an entity or a table).
public enum NullPolicy: String, Sendable, Equatable, CaseIterable {
    /// The attribute is absent. The default.
    case absent
    /// The attribute is `{"NULL": true}`; still absent where it is a key of an index.
    case null
    /// The row is rejected.
    case reject
}

/// What becomes of an empty string or empty binary value (`empty` in the contract).
public enum EmptyPolicy: String, Sendable, Equatable, CaseIterable {
    /// Kept, except in a table's key (row rejected) or an index's key (attribute absent); the
    /// default.
    case keep
    case absent
    case null
    case reject
}

/// Where an attribute's value comes from, before its transformation.
public enum AttributeSource: Sendable, Equatable {
    /// A column of the entity's source table.
    case column(String)
    case join(Join)
    case calculation(Calculation)
    /// Nothing is read: a template (`string-format`, key template, composite key name), which is
    /// then `Attribute.transformation`, or a constant.
    case none
}
