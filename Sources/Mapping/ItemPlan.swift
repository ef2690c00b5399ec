public import Contract

/// How the rows of one entity's view become items: a flat list of steps from cells to bytes,
/// compiled once a result set and shared by all workers.
///
/// The item's attributes have a fixed order: the table's partition key, its sort key, then the
/// others as the contract lists them.
public struct ItemPlan: Sendable {
    /// What may make rows be rejected and only the result set's types can tell: of expressions,
    /// not of plain columns, which are checked when the view is made.
    public internal(set) var warnings: [ContractProblem] = []

    var steps: [PlanStep] = []
    /// The first steps, which make the table's key.
    var keyStepCount = 0
    /// The attributes' names, as the steps number them.
    var names: [String] = []
    var producers: [Producer] = []
    var parts: [Int32] = []
    var constructs: [JSONConstruct] = []
    var dates: [DateFormatter] = []
    var numbers: [NumberFormatter] = []
    /// The bytes that slices are parts of.
    var pool: [UInt8] = []
    /// How deep producers stand in one another; at least 1.
    var producerDepth = 1
    /// Cells that a row must have.
    var columnCount = 0

    init() {}

    /// Compiles the plan of an entity.
    ///
    /// - Parameters:
    ///   - table: the table that the entity is of.
    ///   - entity: one of the table's entities.
    ///   - view: how the entity is read.
    ///   - columns: the result set's columns, in its order.
    /// - Returns: the plan.
    /// - Throws: `ContractError` with everything that keeps the view's rows from ever becoming
    ///   items: a column or a key that is not there, an index key of another type, a constant that
    ///   its type cannot hold.
    public static func compile(
        table: Table,
        entity: Entity,
        view: EntityView,
        columns: [ResultColumn]
    ) throws(ContractError) -> ItemPlan {
        var compiler = ItemPlanCompiler(table: table, entity: entity, view: view, columns: columns)
        return try compiler.compile()
    }
}
