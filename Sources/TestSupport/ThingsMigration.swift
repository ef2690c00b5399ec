import Contract
import Mapping
public import Pipeline

/// A migration for tests: one table `Things` of the rows that a `ScriptedSource` has.
public enum ThingsMigration {
    /// A migration of these things, kept in memory where nothing else is given.
    public static func make(
        _ source: any RowSource,
        _ sink: any ItemSink,
        deadLetters: any DeadLetters = MemoryDeadLetters(),
        options: MigrationOptions = MigrationOptions(readers: 3, workers: 2),
        ledger: any Ledger = MemoryLedger(),
        spill: any SpillSpace = MemorySpill(),
        resume: ResumePoint? = nil
    ) throws -> Migration {
        try Migration(
            plan: plan(),
            options: options,
            ports: MigrationPorts(
                source: source,
                sink: sink,
                deadLetters: deadLetters,
                spill: spill,
                ledger: ledger
            ),
            resume: resume
        )
    }

    /// One table, two entities, both of the columns `id`, `n` and `text`; the key is `id` alone.
    public static func plan() throws -> MigrationPlan {
        let attributes = """
            [{"name": "id", "type": "S", "source_table": "t", "source_column": "id"},
             {"name": "n", "type": "N", "source_table": "t", "source_column": "n"},
             {"name": "text", "type": "S", "source_table": "t", "source_column": "text"}]
            """
        let json = """
            {"tables": [{"table": "Things", "type": "multi-entity", "source_table": "t",
              "pk": "id", "entities": [
                {"entity_type": "A", "source_table": "t", "attributes": \(attributes)},
                {"entity_type": "B", "source_table": "t", "attributes": \(attributes)}]}]}
            """
        let contract = try ContractDecoder.decode(Array(json.utf8)).contract
        let catalog = Catalog(
            server: ServerVersion(flavour: .mysql, major: 9, minor: 7, patch: 4),
            database: "d",
            tables: [
                CatalogTable(
                    name: "t",
                    isView: false,
                    columns: ["id", "n", "text"].map {
                        CatalogColumn(
                            name: $0,
                            dataType: "varchar",
                            columnType: "varchar(50)",
                            isNullable: true,
                            characterSet: "utf8mb4",
                            collation: "utf8mb4_0900_ai_ci"
                        )
                    },
                    primaryKey: ["id"],
                    foreignKeys: []
                )
            ]
        )
        let views = ViewBuilder(catalog: catalog, contract: contract).views(of: contract)
        let table = contract.tables[0]
        let columns = ["id", "n", "text"].map { ResultColumn(name: $0, kind: .text) }
        return MigrationPlan(
            tables: [
                MigrationPlan.Table(name: "Things", targetName: "p-Things", keyNames: ["id"])
            ],
            entities: try zip(table.entities, views.tables[0].entities).map { entity, view in
                MigrationPlan.Entity(
                    table: 0,
                    entityType: entity.entityType,
                    plan: try ItemPlan.compile(
                        table: table,
                        entity: entity,
                        view: view,
                        columns: columns
                    ),
                    columns: columns,
                    rowsEstimated: nil
                )
            }
        )
    }
}
