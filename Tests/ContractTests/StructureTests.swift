import Contract
import Testing

@Suite("A contract's structure")
struct StructureTests {
    static let findings: [Finding] = [
        Finding("a table", ContractText.table()),
        Finding("two entities", ContractText.entities(entity("USER"), entity("ORDER"))),
        Finding(
            "no JSON",
            "{\"tables\": [}",
            "error: contract: line 1, column 13: a value is due, but `}` stands here: a contract is"
                + " one JSON object with the array \"tables\""
        ),
        Finding("no object", "[]", "error: contract: a contract must be an object, not an array"),
        Finding(
            "no tables",
            "{}",
            "error: contract: \"tables\" is missing: an array of the DynamoDB tables"
        ),
        Finding(
            "null tables",
            #"{"tables": null}"#,
            "error: tables: \"tables\" must not be null: an array of the DynamoDB tables"
        ),
        Finding(
            "tables of a wrong type",
            #"{"tables": {}}"#,
            "error: tables: must be an array, not an object"
        ),
        Finding(
            "empty tables",
            #"{"tables": []}"#,
            "error: tables: must not be empty: write a table"
        ),
        Finding(
            "a table that is no object",
            #"{"tables": [7]}"#,
            "error: tables[0]: a table must be an object, not a number"
        ),
        Finding(
            "an empty table",
            #"{"tables": [{}]}"#,
            "error: tables[0]: \"table\" is missing: name the DynamoDB table",
            "error: tables[0]: \"type\" is missing: write \"single-entity\" or \"multi-entity\""
        ),
        Finding(
            "a table without type",
            replacing(#""type": "single-entity", "#, ""),
            "warning: tables[0]: \"type\" is missing and taken as \"single-entity\", since it has"
                + " \"attributes\": write \"type\": \"single-entity\""
        ),
        Finding(
            "entities without type",
            ContractText.entities(entity("A")).replacing(#""type": "multi-entity", "#, with: ""),
            "warning: tables[0]: \"type\" is missing and taken as \"multi-entity\", since it has"
                + " \"entities\": write \"type\": \"multi-entity\""
        ),
        Finding(
            "a type misspelt",
            replacing("single-entity", "singel-entity"),
            "error: tables[0].type: \"singel-entity\" is not a type of table: write"
                + " \"single-entity\""
        ),
        Finding(
            "a type unknown",
            replacing("single-entity", "x"),
            "error: tables[0].type: \"x\" is not a type of table: write one of \"single-entity\","
                + " \"multi-entity\""
        ),
        Finding(
            "a type that is no string",
            replacing(#""single-entity""#, "1"),
            "error: tables[0].type: must be a string, not a number"
        ),
        Finding(
            "no source table",
            replacing(#""source_table": "things", "#, ""),
            "error: tables[0]: \"source_table\" is missing: name the MySQL table whose rows are"
                + " read"
        ),
        Finding(
            "an empty source table",
            replacing("things", ""),
            "error: tables[0].source_table: must not be empty"
        ),
        Finding(
            "a source table with a backtick",
            replacing("things", "a`b"),
            "error: tables[0].source_table: the name has a quote (```) in it: write the bare name;"
                + " it is quoted for you"
        ),
        Finding(
            "no attributes",
            #"{"tables": [{"table": "Things", "type": "single-entity", "source_table": "t", "#
                + #""pk": "id"}]}"#,
            "error: tables[0]: \"attributes\" is missing: an array of the attributes"
        ),
        Finding(
            "empty attributes",
            #"{"tables": [{"table": "Things", "type": "single-entity", "source_table": "t", "#
                + #""pk": "id", "attributes": []}]}"#,
            "error: tables[0].attributes: must not be empty: write at least the keys"
        ),
        Finding(
            "no entities",
            #"{"tables": [{"table": "Things", "type": "multi-entity", "pk": "id"}]}"#,
            "error: tables[0]: \"entities\" is missing: an array of the entities"
        ),
        Finding(
            "empty entities",
            #"{"tables": [{"table": "Things", "type": "multi-entity", "pk": "id", "#
                + #""entities": []}]}"#,
            "error: tables[0].entities: must not be empty: write an entity"
        ),
        Finding(
            "entities of a single-entity table",
            ContractText.table(members: #""entities": [{}], "#),
            "error: tables[0].entities: a single-entity table has no entities: write \"type\":"
                + " \"multi-entity\", or leave them out"
        ),
        Finding(
            "no entities of a single-entity table",
            ContractText.table(members: #""entities": [], "#)
        ),
        Finding(
            "attributes of a multi-entity table",
            ContractText.entities(entity("A"), members: #""attributes": [{}], "#),
            "warning: tables[0].attributes: has no effect in a multi-entity table, whose entities"
                + " have attributes of their own: leave it out, or move them into the entities"
        ),
        Finding(
            "no attributes of a multi-entity table",
            ContractText.entities(entity("A"), members: #""attributes": [], "#)
        ),
        Finding(
            "an entity's members in a multi-entity table",
            ContractText.entities(
                entity("A"),
                members: #""view": "v", "sk_template": "x", "#
            ),
            "error: tables[0].view: \"view\" belongs to the entities of a multi-entity table: move"
                + " it into each entity that it is meant for",
            "error: tables[0].sk_template: \"sk_template\" belongs to the entities of a multi-entity"
                + " table: move it into each entity that it is meant for"
        ),
        Finding(
            "an entity without type",
            ContractText.entities(entity("A").replacing(#""entity_type": "A", "#, with: "")),
            "error: tables[0].entities[0]: \"entity_type\" is missing: name the kind of item, as in"
                + " \"ORDER\""
        ),
        Finding(
            "two entities of one type",
            ContractText.entities(entity("A"), entity("A")),
            "error: tables[0].entities[1].entity_type: another entity is of type \"A\" too: give"
                + " each entity its own \"entity_type\""
        ),
        Finding(
            "two tables of one name",
            #"{"tables": [\#(tableBody), \#(tableBody)]}"#,
            "error: tables[1].table: another table is named \"Things\" too: give each table its own"
                + " name, or make them entities of one"
        ),
        Finding(
            "a table's name too short",
            replacing("Things", "Th"),
            "error: tables[0].table: the name has 2 characters; DynamoDB takes 3 to 255"
        ),
        Finding("a table's name of every kind", replacing("Things", "a.B-9_")),
        Finding(
            "a table's name too long",
            replacing("Things", String(repeating: "a", count: 256)),
            "error: tables[0].table: the name has 256 characters; DynamoDB takes 3 to 255"
        ),
        Finding(
            "a table's name with a space",
            replacing("Things", "My things"),
            "error: tables[0].table: the name has U+0020 in it: DynamoDB takes letters, digits, `_`,"
                + " `.` and `-`"
        ),
        Finding(
            "a duplicate key",
            ContractText.table(members: #""pk": "id", "#),
            "error: tables[0].pk: the key \"pk\" stands twice in one object: keep one of the two"
        ),
        Finding(
            "a duplicate key where nobody looks",
            ContractText.table(members: #""satisfies": [{"a": 1, "a": 2}], "#),
            "error: tables[0].satisfies[0].a: the key \"a\" stands twice in one object: keep one of"
                + " the two"
        ),
        Finding(
            "keys without effect",
            ContractText.table(
                members: #""description": 1, "comment": 2, "$comment": 3, "satisfies": 4, "#
                    + #""denormalized": 5, "justification": 6, "estimated_item_size_bytes": 7.5, "#
            )
        ),
        Finding(
            "an estimate that is none",
            ContractText.table(members: #""estimated_item_size_bytes": "1 KB", "#),
            "error: tables[0].estimated_item_size_bytes: must be a number of bytes, not a string"
        ),
        Finding(
            "an estimate below zero",
            ContractText.table(members: #""estimated_item_size_bytes": -1, "#),
            "error: tables[0].estimated_item_size_bytes: must be a number of bytes from 0 on:"
                + " DynamoDB's items have at most 409600 bytes"
        ),
    ]

    private static let tableBody =
        #"{"table": "Things", "type": "single-entity", "source_table": "t", "pk": "id", "#
        + #""attributes": [{"name": "id", "type": "S", "source_column": "id"}]}"#

    private static func entity(_ type: String) -> String { ContractText.entity(type) }

    private static func replacing(_ text: String, _ other: String) -> String {
        ContractText.table().replacing(text, with: other)
    }

    @Test("Each problem is told with its place", arguments: findings)
    func finds(finding: Finding) {
        #expect(ContractText.findings(finding.json) == finding.expected)
    }

    static let unknownKeys: [Finding] = [
        Finding(
            "in the root",
            #"{"table": [], "tabels": []}"#,
            "error: contract: \"tables\" is missing: an array of the DynamoDB tables",
            "warning: table: \"table\" has no effect in a contract: it belongs to one of the"
                + " \"tables\"",
            "warning: tabels: a contract has no key \"tabels\": did you mean \"tables\"?"
        ),
        Finding(
            "in a table",
            ContractText.table(members: #""gsi": [], "entity_type": "A", "#),
            "warning: tables[0].gsi: a table has no key \"gsi\": did you mean \"gsis\"?",
            "warning: tables[0].entity_type: \"entity_type\" has no effect in a table: it belongs to"
                + " an entity of a multi-entity table"
        ),
        Finding(
            "in an entity",
            ContractText.entities(
                ContractText.entity("A", members: #""pk": "x", "sk_tmeplate": "y", "#)
            ),
            "warning: tables[0].entities[0].pk: \"pk\" has no effect in an entity: it belongs to the"
                + " table, since all its entities share the keys",
            "warning: tables[0].entities[0].sk_tmeplate: an entity has no key \"sk_tmeplate\": did"
                + " you mean \"sk_template\"?"
        ),
        Finding(
            "in an attribute",
            ContractText.attribute(#""type": "S", "source_column": "c", "foo.bar": 1, "joins": 2"#),
            "warning: tables[0].attributes[1][\"foo.bar\"]: an attribute has no key \"foo.bar\":"
                + " known are \"name\", \"type\", \"source_table\", \"source_column\", \"join\","
                + " \"calculation\", \"transformation\", \"null\", \"empty\", \"denormalized\","
                + " \"justification\", \"satisfies\"",
            "warning: tables[0].attributes[1].joins: an attribute has no key \"joins\": did you mean"
                + " \"join\"?"
        ),
        Finding(
            "in an attribute, of its join",
            ContractText.attribute(#""type": "S", "source_column": "c", "target_table": "t""#),
            "warning: tables[0].attributes[1].target_table: \"target_table\" has no effect in an"
                + " attribute: it belongs to the attribute's \"join\""
        ),
    ]

    @Test("An unknown key is a warning that names the nearest or its owner", arguments: unknownKeys)
    func warns(finding: Finding) {
        #expect(ContractText.findings(finding.json) == finding.expected)
    }

    @Test("Errors and warnings come together, in the order of the file")
    func isInFileOrder() {
        let json = """
            {"tables": [
                {"attributes": [
                    {"type": "S", "source_column": "a", "name": "id", "colour": 1},
                    {"name": "b", "type": "X"}
                 ], "table": "T", "type": "single-entity", "pk": "id", "colour": 2},
                {"sk": 1, "table": "Good", "type": "single-entity"}
            ], "colour": 3}
            """
        let known = "known are"
        let clipped = ContractText.findings(json).map { text in
            text.contains(known) ? String(text.prefix(while: { $0 != "k" })) + known : text
        }
        #expect(
            clipped.map { $0.split(separator: ":").prefix(2).joined(separator: ":") } == [
                "error: tables[0]", "warning: tables[0].attributes[0].colour",
                "error: tables[0].attributes[1].type", "error: tables[0].table",
                "warning: tables[0].colour", "error: tables[1]", "error: tables[1]",
                "error: tables[1]", "error: tables[1].sk", "warning: colour",
            ]
        )
    }

    @Test("The error prints each problem on a line of its own")
    func printsLines() {
        let error = #expect(throws: ContractError.self) {
            try ContractDecoder.decode(Array(#"{"tables": [1, true]}"#.utf8))
        }
        #expect(
            error?.description == """
                error: tables[0]: a table must be an object, not a number
                error: tables[1]: a table must be an object, not true or false
                """
        )
    }
}

extension String {
    /// Every occurrence replaced; at least one must be there.
    func replacing(_ text: String, with other: String) -> String {
        let pieces = split(separator: text, omittingEmptySubsequences: false)
        precondition(pieces.count > 1, "\(text) is not in the text")
        return pieces.joined(separator: other)
    }
}
