import Contract
import Testing

@Suite("The published contract")
struct WorkshopContractTests {
    @Test("It decodes unchanged, with one warning")
    func decodes() throws {
        let decoded = try WorkshopContract.decoded()
        #expect(
            decoded.warnings.map(\.description) == [
                """
                warning: tables[2].attributes[8].calculation: "children_count" has the same \
                calculation as "level": correct one of them unless both are meant
                """
            ]
        )
    }

    @Test("Its tables have the keys, indexes and entities that it says")
    func tables() throws {
        let tables = try WorkshopContract.decoded().contract.tables
        let summaries = tables.map { table in
            let indexes = table.indexes.map { index in
                "\(index.name) \(index.partitionKey.name) \(index.sortKey?.name ?? "-")"
            }
            let entities = table.entities.map { entity in
                "\(entity.entityType ?? "-") of \(entity.sourceTable): \(entity.attributes.count)"
            }
            return [
                "\(table.name) \(table.isMultiEntity) \(table.partitionKey.name)"
                    + " \(table.sortKey?.name ?? "-") \(table.estimatedItemSize ?? 0)"
            ] + indexes + entities
        }
        #expect(
            summaries == [
                [
                    "Users true PK SK 4096", "GSI1 GSI1PK GSI1SK", "GSI2 GSI2PK GSI2SK",
                    "GSI3 GSI3PK GSI3SK", "USER of users: 13", "CART of shopping_carts: 8",
                    "ORDER of orders: 11",
                ],
                [
                    "Products false PK SK 4096", "GSI1 GSI1PK GSI1SK", "GSI2 GSI2PK GSI2SK",
                    "- of products: 16",
                ],
                ["Categories false PK SK 1024", "GSI1 GSI1PK GSI1SK", "- of categories: 13"],
            ]
        )
        for table in tables {
            #expect(table.partitionKey.type == .string)
            #expect(table.sortKey?.type == .string)
            for index in table.indexes {
                #expect(index.partitionKey.type == .string)
                #expect(index.sortKey?.type == .string)
            }
        }
    }

    private func attribute(_ table: Int, _ entity: Int, _ name: String) throws -> Attribute {
        let contract = try WorkshopContract.decoded().contract
        let attributes = contract.tables[table].entities[entity].attributes
        return try #require(attributes.first { $0.name == name })
    }

    @Test("A constant template reads nothing, and a template its columns")
    func templates() throws {
        let constant = try attribute(0, 0, "SK")
        #expect(constant.source == .none)
        #expect(
            constant.transformation
                == .template(Template(parts: [.text("#META")], lookup: .columnFirst))
        )
        #expect(
            try attribute(0, 2, "SK").transformation
                == .template(
                    Template(
                        parts: [
                            .text("ORDER#"), .placeholder("created_at"), .text("#"),
                            .placeholder("id"),
                        ],
                        lookup: .columnFirst
                    )
                )
        )
    }

    @Test("Its profile is a map, its order items are text")
    func constructions() throws {
        let profile = try attribute(0, 0, "profile_data")
        #expect(profile.type == .map)
        #expect(
            profile.source
                == .join(
                    .jsonConstruction(
                        JSONConstruction(
                            shape: .object,
                            targetTable: "users",
                            joinCondition: try SQLFragment.parse("users.id = users.id"),
                            members: [
                                JSONConstruction.Member(
                                    name: "first_name",
                                    value: try SQLFragment.parse("first_name")
                                ),
                                JSONConstruction.Member(
                                    name: "last_name",
                                    value: try SQLFragment.parse("last_name")
                                ),
                            ]
                        )
                    )
                )
        )
        #expect(try attribute(0, 2, "order_items").type == .string)
    }

    @Test("A product's category path is a self-join that names no table")
    func selfJoin() throws {
        #expect(
            try attribute(1, 0, "category_path").source
                == .join(
                    .toOne(
                        ToOneJoin(
                            kind: .selfJoin,
                            targetTable: nil,
                            alias: "cat_hierarchy",
                            sourceColumn: "category_id",
                            conditions: [
                                try SQLFragment.parse("cat_hierarchy.id = products.category_id")
                            ],
                            select: try SQLFragment.parse("cat_hierarchy.name"),
                            nullValue: ""
                        )
                    )
                )
        )
    }

    @Test("A category's key is ROOT or its parent's name")
    func conditional() throws {
        #expect(
            try attribute(2, 0, "PK").source
                == .join(
                    .conditional(
                        ConditionalJoin(
                            condition: try SQLFragment.parse("parent_id IS NULL"),
                            targetTable: "categories",
                            joinCondition: try SQLFragment.parse(
                                "categories.id = categories.parent_id"
                            ),
                            select: .literal("ROOT"),
                            elseValue: .expression(try SQLFragment.parse("parent.name"))
                        )
                    )
                )
        )
    }
}
