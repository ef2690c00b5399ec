import Contract

/// One attribute of the item: where its value comes from and how it is written.
///
/// Plain data, so that a row is mapped without touching a reference count.
struct PlanStep: Sendable {
    enum Action: UInt8, Sendable {
        /// The whole attribute was rendered when the plan was made.
        case constant
        case string
        case number
        case bool
        case binary
        case stringSet
        case numberSet
        case binarySet
        case map
        case list
        /// A native map or list from a `json-construction`.
        case construct
    }

    /// What becomes of a value that is NULL, or of one that is empty.
    enum Policy: UInt8, Sendable {
        case keep
        case absent
        case null
        case reject
        /// The value is part of the table's key.
        case rejectKey
    }

    var action: Action
    /// The attribute's place in `ItemPlan.names`.
    var name: Int32
    /// What is written before the value: `,"price":{"N":"`.
    ///
    /// Of a constant, all of it.
    var prefix: PlanSlice
    /// `,"price":{"NULL":true}`.
    var null: PlanSlice
    /// Bytes of the name; of a constant, the size of the whole attribute.
    var nameSize: Int32
    /// The cell that the value is or is made from; -1 if it is not made from one cell.
    var column: Int32 = -1
    /// What makes the value's text; -1: the cell's bytes are it.
    var producer: Int32 = -1
    /// The place in `ItemPlan.constructs`; -1 if there is none.
    var construct: Int32 = -1
    var nullPolicy: Policy
    var emptyPolicy: Policy
    var isTableKey = false
    /// Whether the text is a SET column's, members joined by commas; else sets are JSON arrays.
    var isSetColumn = false
    /// Whether `true` and `false` are booleans beside 0 and 1.
    var isJSON = false
    /// Whether any spelling of the numbers 0 and 1 is a boolean.
    var isNumeric = false
    /// The most bytes of a key of the table or of an index; 0: no key.
    var keyBytesMax: Int32 = 0
    /// Of a constant that is part of the table's key: what is hashed.
    var constantKey = PlanSlice()
    var keyType = AttributeType.string
}

/// Makes text from a row: a cell as an S prints it, a template, a formatted date.
struct Producer: Sendable, Equatable {
    enum Kind: UInt8, Sendable {
        case cell
        /// A BIT cell's bytes as the digits of an unsigned integer.
        case bit
        /// A double's text as that of the float it holds.
        case float
        /// JSON text of a `json-construction`.
        case construct
        case literal
        /// The texts of `count` producers from `ItemPlan.parts[index]` on, one after another.
        case template
        // These turn the text of producer `inner` into another.
        case normalisedNumber
        case date
        case numberFormat
        case jsonString
        case jsonNumber
        case jsonBool
        case jsonBinary
    }

    var kind: Kind
    var column: Int32 = -1
    var inner: Int32 = -1
    var index: Int32 = -1
    var count: Int32 = 0
    var literal = PlanSlice()
}
