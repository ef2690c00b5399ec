import Contract
import Testing

@Suite("Keys and indexes")
struct KeyTests {
    private static func template(_ text: Template.Part...) -> Transformation {
        .template(Template(parts: text, lookup: .attributeFirst))
    }

    @Test("Keys take their types from the attributes")
    func types() throws {
        let table = try ContractText.decode(
            ContractText.table(
                #"{"name": "n", "type": "N", "source_column": "n"}"#,
                #"{"name": "b", "type": "B", "source_column": "b"}"#,
                members: #""sk": "n", "gsis": [{"index_name": "one", "pk": "b", "sk": null}, "#
                    + #"{"index_name": "two", "pk": "n", "sk": "id", "projection": "KEYS_ONLY"}], "#
            )
        )
        #expect(table.partitionKey == KeyAttribute(name: "id", type: .string))
        #expect(table.sortKey == KeyAttribute(name: "n", type: .number))
        #expect(
            table.indexes == [
                SecondaryIndex(
                    name: "one",
                    partitionKey: KeyAttribute(name: "b", type: .binary),
                    sortKey: nil,
                    projection: .all,
                    path: "tables[0].gsis[0]"
                ),
                SecondaryIndex(
                    name: "two",
                    partitionKey: KeyAttribute(name: "n", type: .number),
                    sortKey: KeyAttribute(name: "id", type: .string),
                    projection: .keysOnly,
                    path: "tables[0].gsis[1]"
                ),
            ]
        )
    }

    @Test("A table without a sort key has none")
    func noSortKey() throws {
        #expect(try ContractText.decode(ContractText.table()).sortKey == nil)
        let table = try ContractText.decode(ContractText.table(members: #""sk": null, "#))
        #expect(table.sortKey == nil)
    }

    /// An entity without any attribute of a key's name.
    private static func bare(_ type: String, _ members: String = "") -> String {
        #"{"entity_type": "\#(type)", "source_table": "things", \#(members)"#
            + #""attributes": [{"name": "a", "type": "N", "source_column": "a"}]}"#
    }

    private static func unnamed(_ entities: String...) -> String {
        ContractText.entities(entities.joined(separator: ", "))
            .replacing(#""pk": "PK", "sk": "SK", "#, with: "")
    }

    @Test("A key that only a template gives becomes an attribute")
    func templates() throws {
        let entity = Self.bare("A", #""pk_template": "U#{email}", "sk_template": "META", "#)
        for json in [ContractText.entities(entity), Self.unnamed(entity)] {
            let table = try ContractText.decode(json)
            #expect(table.partitionKey == KeyAttribute(name: "PK", type: .string))
            #expect(table.sortKey == KeyAttribute(name: "SK", type: .string))
            #expect(
                table.entities[0].attributes.dropFirst().map { $0 } == [
                    Attribute(
                        name: "PK",
                        type: .string,
                        source: .none,
                        transformation: Self.template(.text("U#"), .placeholder("email")),
                        path: "tables[0].entities[0].pk_template"
                    ),
                    Attribute(
                        name: "SK",
                        type: .string,
                        source: .none,
                        transformation: Self.template(.text("META")),
                        path: "tables[0].entities[0].sk_template"
                    ),
                ]
            )
        }
    }

    @Test("A single-entity table may have templates too")
    func singleTemplates() throws {
        let table = try ContractText.decode(
            ContractText.table(members: #""pk_template": "{id}", "sk_template": "S", "#)
                .replacing(#""pk": "id", "#, with: "")
        )
        #expect(table.entities[0].attributes.map(\.name) == ["id", "PK", "SK"])
        #expect(table.entities[0].attributes[1].path == "tables[0].pk_template")
    }

    @Test("An attribute of the key's name wins over the template, without a word")
    func attributeWins() throws {
        let json = ContractText.entities(
            ContractText.entity("A", members: #""pk_template": "{nothing}", "#)
        )
        #expect(ContractText.findings(json) == [])
        let entity = try ContractText.decode(json).entities[0]
        #expect(entity.attributes.map(\.name) == ["PK", "SK"])
        #expect(entity.attributes[0].source == .column("id"))
    }

    @Test("A composite key joins the attributes of its name")
    func composite() throws {
        let table = try ContractText.decode(
            ContractText.table(
                members: #""sk": "product_id#order_date", "#
                    + #""gsis": [{"index_name": "GSI", "pk": "id#x#y", "sk": "id"}], "#
            )
        )
        let made = table.entities[0].attributes.dropFirst().map { $0 }
        #expect(
            made == [
                Attribute(
                    name: "product_id#order_date",
                    type: .string,
                    source: .none,
                    transformation: Self.template(
                        .placeholder("product_id"),
                        .text("#"),
                        .placeholder("order_date")
                    ),
                    path: "tables[0].sk"
                ),
                Attribute(
                    name: "id#x#y",
                    type: .string,
                    source: .none,
                    transformation: Self.template(
                        .placeholder("id"),
                        .text("#"),
                        .placeholder("x"),
                        .text("#"),
                        .placeholder("y")
                    ),
                    path: "tables[0].gsis[0].pk"
                ),
            ]
        )
        #expect(table.sortKey == KeyAttribute(name: "product_id#order_date", type: .string))
    }

    @Test("An attribute of a composite name is the key")
    func compositeAttribute() throws {
        let table = try ContractText.decode(
            ContractText.table(
                #"{"name": "a#b", "type": "N", "source_column": "n"}"#,
                members: #""sk": "a#b", "#
            )
        )
        #expect(table.sortKey == KeyAttribute(name: "a#b", type: .number))
        #expect(table.entities[0].attributes.count == 2)
    }

    @Test("Of several entities an index's composite key is made where its parts are")
    func compositeOfEntities() throws {
        let table = try ContractText.decode(
            ContractText.entities(
                ContractText.entity("A", #"{"name": "x", "type": "S", "source_column": "x"}"#),
                ContractText.entity("B"),
                members: #""gsis": [{"index_name": "GSI", "pk": "x#PK"}], "#
            )
        )
        #expect(table.entities[0].attributes.map(\.name) == ["PK", "SK", "x", "x#PK"])
        #expect(table.entities[1].attributes.map(\.name) == ["PK", "SK"])
    }

    private static let number = #"{"name": "x", "type": "N", "source_column": "x"}"#
    private static let text = #"{"name": "x", "type": "S", "source_column": "x"}"#
    private static let indexed = #""gsis": [{"index_name": "GSI", "pk": "x"}], "#

    static let findings: [Finding] = [
        Finding(
            "no key",
            ContractText.table().replacing(#""pk": "id", "#, with: ""),
            "error: tables[0]: \"pk\" is missing: name the attribute that is the partition key, or"
                + " give every entity a \"pk_template\""
        ),
        Finding(
            "an empty key",
            ContractText.table().replacing(#""pk": "id""#, with: #""pk": """#),
            "error: tables[0].pk: must not be empty"
        ),
        Finding(
            "a key without attribute",
            ContractText.table(members: #""sk": "idd", "#),
            "error: tables[0]: the table has no attribute \"idd\", though it is a key of the table;"
                + " its \"id\" is near: add the attribute, or a \"sk_template\""
        ),
        Finding(
            "a key that one entity has not",
            ContractText.entities(ContractText.entity("A"), bare("B", #""pk_template": "x", "#)),
            "error: tables[0].entities[1]: entity \"B\" has no attribute \"SK\", though it is a key"
                + " of the table: add the attribute, or a \"sk_template\""
        ),
        Finding(
            "a template that one entity has not",
            unnamed(bare("A", #""pk_template": "x", "#), bare("B")),
            "error: tables[0].entities[1]: entity \"B\" has no attribute \"PK\", though it is a key"
                + " of the table: add the attribute, or a \"pk_template\""
        ),
        Finding(
            "a template that is none",
            ContractText.entities(bare("A", #""pk_template": "{x", "sk_template": "", "#)),
            "error: tables[0].entities[0].pk_template: a placeholder is not closed: write"
                + " placeholders as {column}",
            "error: tables[0].entities[0].sk_template: must not be empty"
        ),
        Finding(
            "a name that only looks composite",
            ContractText.table(members: #""sk": "a#", "#),
            "error: tables[0]: the table has no attribute \"a#\", though it is a key of the table:"
                + " add the attribute, or a \"sk_template\""
        ),
        Finding(
            "a sort template of a table that has no sort key",
            ContractText.table(members: #""sk": null, "sk_template": "x", "#),
            "warning: tables[0].sk_template: has no effect, since \"sk\" of the table is null: leave"
                + " \"sk\" out to have the sort key SK made from the template"
        ),
        Finding(
            "one attribute for both keys",
            ContractText.table(members: #""sk": "id", "#),
            "error: tables[0].sk: the sort key is the partition key: name another attribute, or leave"
                + " \"sk\" out"
        ),
        Finding(
            "a key of a type that is none",
            ContractText.table(
                #"{"name": "x", "type": "BOOL", "source_column": "x"}"#,
                members: #""sk": "x", "#
            ),
            "error: tables[0].attributes[1].type: \"x\" is a key of the table and of type BOOL: a key"
                + " is of type S, N or B"
        ),
        Finding(
            "a key of two types",
            ContractText.entities(
                ContractText.entity("A"),
                ContractText.entity("B").replacing(
                    #""PK", "type": "S""#,
                    with: #""PK", "type": "N""#
                )
            ),
            "error: tables[0].entities[1].attributes[0].type: \"PK\" is a key of the table and of type"
                + " N here, but of type S in entity \"A\": give it one type in all entities"
        ),
        Finding(
            "a template and a number",
            ContractText.entities(
                bare("A", #""pk_template": "x", "sk_template": "x", "#),
                ContractText.entity("B").replacing(
                    #""SK", "type": "S""#,
                    with: #""SK", "type": "N""#
                )
            ),
            "error: tables[0].entities[1].attributes[1].type: \"SK\" is a key of the table and of type"
                + " N here, but of type S in entity \"A\": give it one type in all entities"
        ),
        Finding(
            "a key that is always empty",
            ContractText.table(
                #"{"name": "x", "type": "S", "transformation": {"type": "static", "value": ""}}"#,
                members: #""sk": "x", "#
            ),
            "error: tables[0].attributes[1]: \"x\" is a key of the table and always empty: give it a"
                + " value"
        ),
        Finding(
            "an index key that one entity has not",
            ContractText.entities(
                ContractText.entity("A", text),
                ContractText.entity("B"),
                members: indexed
            )
        ),
        Finding(
            "an index key that none has",
            ContractText.entities(
                ContractText.entity("A"),
                ContractText.entity("B"),
                members: #""gsis": [{"index_name": "GSI", "pk": "PKK", "sk": "other"}], "#
            ),
            "error: tables[0].gsis[0].pk: no entity has an attribute \"PKK\": did you mean \"PK\"?",
            "error: tables[0].gsis[0].sk: no entity has an attribute \"other\": add the attribute"
        ),
        Finding(
            "an index key of two types",
            ContractText.entities(
                ContractText.entity("A", text),
                ContractText.entity("B", number),
                members: indexed
            ),
            "error: tables[0].entities[1].attributes[2].type: \"x\" is a key of the index \"GSI\" and"
                + " of type N here, but of type S in entity \"A\": give it one type in all"
                + " entities"
        ),
        Finding(
            "another attribute of two types",
            ContractText.entities(ContractText.entity("A", text), ContractText.entity("B", number))
        ),
        Finding(
            "an index key of a type that is none",
            ContractText.table(
                #"{"name": "x", "type": "SS", "source_column": "x"}"#,
                members: indexed
            ),
            "error: tables[0].attributes[1].type: \"x\" is a key of the index \"GSI\" and of type SS:"
                + " a key is of type S, N or B"
        ),
        Finding(
            "a key whose attribute is wrong elsewhere",
            ContractText.table(#"{"name": "x", "type": "S"}"#, members: indexed),
            "error: tables[0].attributes[1]: \"source_column\" is missing: name the MySQL column, or"
                + " add a \"join\", a \"calculation\" or a \"transformation\" of type"
                + " \"string-format\" or \"static\""
        ),
    ]

    @Test("Each problem of a key is told", arguments: findings)
    func finds(finding: Finding) {
        #expect(ContractText.findings(finding.json) == finding.expected)
    }

    @Test("A key's name has at most 255 bytes")
    func limitsNames() {
        for (count, expected) in [
            (255, []),
            (
                256,
                [
                    "error: tables[0].pk: the name has 256 bytes; DynamoDB takes at most 255 in a key"
                        + " or a projection"
                ]
            ),
        ] {
            let name = String(repeating: "k", count: count)
            let json = ContractText.table().replacing("\"id\"", with: "\"\(name)\"")
                .replacing("\"source_column\": \"\(name)\"", with: "\"source_column\": \"c\"")
            #expect(ContractText.findings(json) == expected)
        }
    }
}
