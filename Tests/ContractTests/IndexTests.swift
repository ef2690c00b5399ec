import Contract
import Testing

@Suite("Indexes, capacity, tags and the other additions")
struct IndexTests {
    private static func indexes(_ indexes: String..., members: String = "") -> String {
        ContractText.table(
            #"{"name": "x", "type": "S", "source_column": "x"}"#,
            #"{"name": "y", "type": "L", "source_column": "y"}"#,
            members: #"\#(members)"gsis": [\#(indexes.joined(separator: ", "))], "#
        )
    }

    private static func index(_ members: String) -> String {
        #"{"index_name": "GSI", "pk": "x"\#(members)}"#
    }

    @Test("A projection is ALL, KEYS_ONLY or INCLUDE")
    func projections() throws {
        func projection(_ members: String) throws -> SecondaryIndex.Projection {
            try ContractText.decode(Self.indexes(Self.index(members))).indexes[0].projection
        }
        #expect(try projection("") == .all)
        #expect(try projection(#", "projection": null"#) == .all)
        #expect(try projection(#", "projection": "ALL""#) == .all)
        #expect(try projection(#", "projection": "KEYS_ONLY""#) == .keysOnly)
        #expect(
            try projection(#", "projection": "INCLUDE", "projected_attributes": ["y"]"#)
                == .include(["y"])
        )
    }

    @Test("Keys are left out of an INCLUDE list, since they are always in the index")
    func projectedKeys() throws {
        func projection(_ names: String) throws -> SecondaryIndex.Projection {
            try ContractText.decode(
                Self.indexes(
                    Self.index(#", "projection": "INCLUDE", "projected_attributes": [\#(names)]"#)
                )
            ).indexes[0].projection
        }
        #expect(try projection(#""id", "y", "x""#) == .include(["y"]))
        #expect(try projection(#""id", "x""#) == .keysOnly)
    }

    static let findings: [Finding] = [
        Finding(
            "nothing in an index",
            indexes("{}"),
            "error: tables[0].gsis[0]: \"index_name\" is missing: name the index, as in \"GSI1\"",
            "error: tables[0].gsis[0]: \"pk\" is missing: name the attribute that is the partition"
                + " key"
        ),
        Finding(
            "a name of a wrong kind",
            indexes(#"{"index_name": "G I", "pk": "x"}"#),
            "error: tables[0].gsis[0].index_name: the name has U+0020 in it: DynamoDB takes letters,"
                + " digits, `_`, `.` and `-`"
        ),
        Finding(
            "two of one name",
            indexes(index(""), index("")),
            "error: tables[0].gsis[1].index_name: another index is named \"GSI\" too: give each index"
                + " its own name"
        ),
        Finding(
            "one attribute for both keys",
            indexes(index(#", "sk": "x""#)),
            "error: tables[0].gsis[0].sk: the sort key is the partition key: name another attribute,"
                + " or leave \"sk\" out"
        ),
        Finding(
            "a projection misspelt",
            indexes(index(#", "projection": "KEYS ONLY""#)),
            "error: tables[0].gsis[0].projection: \"KEYS ONLY\" is not a projection: write"
                + " \"KEYS_ONLY\""
        ),
        Finding(
            "INCLUDE of nothing",
            indexes(index(#", "projection": "INCLUDE""#)),
            "error: tables[0].gsis[0]: \"projected_attributes\" is missing: name the attributes that"
                + " the index holds beside its keys"
        ),
        Finding(
            "INCLUDE of an empty list",
            indexes(index(#", "projection": "INCLUDE", "projected_attributes": []"#)),
            "error: tables[0].gsis[0].projected_attributes: must not be empty: name the attributes"
                + " that the index holds beside its keys, or write \"projection\": \"KEYS_ONLY\""
        ),
        Finding(
            "INCLUDE of what is none",
            indexes(
                index(
                    #", "projection": "INCLUDE", "projected_attributes": ["y", "y", "yy", 1, ""]"#
                )
            ),
            "warning: tables[0].gsis[0].projected_attributes[1]: \"y\" is named twice",
            "error: tables[0].gsis[0].projected_attributes[3]: must be a string, not a number",
            "error: tables[0].gsis[0].projected_attributes[4]: the name is empty"
        ),
        Finding(
            "INCLUDE of an unknown attribute",
            indexes(index(#", "projection": "INCLUDE", "projected_attributes": ["idx"]"#)),
            "warning: tables[0].gsis[0].projected_attributes: \"idx\" is no attribute of the table:"
                + " did you mean \"id\"?"
        ),
        Finding(
            "a list without INCLUDE",
            indexes(index(#", "projected_attributes": ["y"]"#)),
            "warning: tables[0].gsis[0].projected_attributes: has no effect with the projection ALL:"
                + " write \"projection\": \"INCLUDE\", or leave the list out"
        ),
        Finding(
            "a capacity without the table's",
            indexes(index(#", "capacity": {"read_units": 1, "write_units": 1}"#)),
            "error: tables[0].gsis[0].capacity: the index has a capacity and the table is on-demand:"
                + " give the table a capacity too, or leave the index's out"
        ),
        Finding(
            "on-demand in a provisioned table",
            indexes(index(#", "capacity": "on-demand""#), members: provisioned),
            "error: tables[0].gsis[0].capacity: the index is on-demand and the table has a capacity:"
                + " give the index a capacity, or leave it out to take the table's"
        ),
        Finding(
            "on-demand everywhere",
            indexes(index(#", "capacity": "on-demand""#), members: #""capacity": "on-demand", "#)
        ),
        Finding("a table's capacity alone", indexes(index(""), members: provisioned)),
    ]

    private static let provisioned = #""capacity": {"read_units": 5, "write_units": 6}, "#

    @Test("Each problem of an index is told", arguments: findings)
    func finds(finding: Finding) {
        #expect(ContractText.findings(finding.json) == finding.expected)
    }

    @Test("Capacity is provisioned or on-demand, for the table and its indexes")
    func capacity() throws {
        let table = try ContractText.decode(
            Self.indexes(
                Self.index(#", "capacity": {"read_units": 1, "write_units": 2}"#),
                #"{"index_name": "Other", "pk": "x"}"#,
                members: Self.provisioned
            )
        )
        #expect(table.capacity == Capacity(readUnits: 5, writeUnits: 6))
        #expect(table.indexes.map(\.capacity) == [Capacity(readUnits: 1, writeUnits: 2), nil])
        let onDemand = try ContractText.decode(
            ContractText.table(members: #""capacity": "on-demand", "#)
        )
        #expect(onDemand.capacity == nil)
    }

    static let members: [(String, [String])] = [
        (
            #""capacity": "ondemand", "#,
            [
                ".capacity: \"ondemand\" is not a capacity: write \"on-demand\" or {\"read_units\":"
                    + " 5, \"write_units\": 5}"
            ]
        ),
        (
            #""capacity": 5, "#,
            [
                ".capacity: must be a string or an object, not a number: write \"on-demand\" or"
                    + " {\"read_units\": 5, \"write_units\": 5}"
            ]
        ),
        (
            #""capacity": {"read_units": 0}, "#,
            [
                ".capacity: \"write_units\" is missing: units per second, at least 1",
                ".capacity.read_units: must be a whole number from 1 on, not 0",
            ]
        ),
        (
            #""capacity": {"read_units": 1.5, "write_units": "1"}, "#,
            [
                ".capacity.read_units: must be a whole number from 1 on, not 1.5",
                ".capacity.write_units: must be a whole number from 1 on, not a string",
            ]
        ),
        (
            #""capacity": {"read_units": 1, "write_units": 99999999999999999999}, "#,
            [
                ".capacity.write_units: must be a whole number from 1 on, not 99999999999999999999"
            ]
        ),
        (
            #""tags": ["a"], "#,
            [".tags: must be an object, not an array: write {\"team\": \"orders\"}"]
        ),
        (
            #""tags": {"a": 1, "": "b", "AWS:x": "c"}, "#,
            [
                ".tags.a: must be a string, not a number",
                ".tags[\"\"]: a tag's key has 1 to 128 characters",
                ".tags[\"AWS:x\"]: a tag's key begins with \"aws:\": AWS keeps these to itself",
            ]
        ),
        (
            #""tags": {"\#(String(repeating: "k", count: 129))": "", "#
                + #""k": "\#(String(repeating: "v", count: 257))"}, "#,
            [
                ".tags[\"\(String(repeating: "k", count: 80))…\"]: a tag's key has 1 to 128"
                    + " characters",
                ".tags.k: a tag's value has at most 256 characters",
            ]
        ),
        (
            #""chunk_key": 1, "#,
            [".chunk_key: must be a string or an array of strings, not a number"]
        ),
        (#""chunk_key": [], "#, [".chunk_key: must not be empty"]),
        (#""chunk_key": ["a", "a"], "#, [".chunk_key[1]: \"a\" is named twice"]),
        (
            #""chunk_key": "a`", "#,
            [
                ".chunk_key: the name has a quote (```) in it: write the bare name; it is quoted for"
                    + " you"
            ]
        ),
        (#""view": 1, "#, [".view: must be a string, not a number"]),
        (#""version_attribute": 1, "#, [".version_attribute: must be a string, not a number"]),
        (
            #""version_attribute": "idd", "#,
            [".version_attribute: \"idd\" is no attribute of the table: did you mean \"id\"?"]
        ),
    ]

    @Test("Each problem of the additions is told", arguments: members)
    func findsMembers(members: String, messages: [String]) {
        #expect(
            ContractText.findings(ContractText.table(members: members))
                == messages.map { "error: tables[0]\($0)" }
        )
    }

    @Test("Tags keep their order")
    func tags() throws {
        let table = try ContractText.decode(
            ContractText.table(members: #""tags": {"team": "orders", "a": ""}, "#)
        )
        #expect(table.tags == [Tag(key: "team", value: "orders"), Tag(key: "a", value: "")])
    }

    @Test("A version is an attribute of type N or S that every entity has")
    func version() throws {
        let number = #"{"name": "v", "type": "N", "source_column": "v"}"#
        let list = #"{"name": "v", "type": "L", "source_column": "v"}"#
        let named = #""version_attribute": "v", "#
        let table = try ContractText.decode(
            ContractText.entities(
                ContractText.entity("A", number),
                ContractText.entity("B", number),
                members: named
            )
        )
        #expect(table.versionAttribute == "v")
        #expect(
            ContractText.findings(
                ContractText.entities(
                    ContractText.entity("A", list),
                    ContractText.entity("B"),
                    members: named
                )
            ) == [
                "error: tables[0].version_attribute: \"v\" is of type L in entity \"A\":"
                    + " versions are compared as numbers (N) or text (S)",
                "error: tables[0].version_attribute: \"v\" is no attribute of entity \"B\":"
                    + " name an attribute that each entity has",
            ]
        )
    }

    @Test("A chunk key is a column or several, of a table or of an entity")
    func chunkKey() throws {
        let table = try ContractText.decode(ContractText.table(members: #""chunk_key": "a", "#))
        #expect(table.entities[0].chunkKey == ["a"])
        let entities = try ContractText.decode(
            ContractText.entities(
                ContractText.entity("A", members: #""chunk_key": ["a", "b"], "#),
                ContractText.entity("B")
            )
        )
        #expect(entities.entities.map(\.chunkKey) == [["a", "b"], []])
    }

    @Test("A view's columns are named like the attributes, and its table may stay unnamed")
    func view() throws {
        let table = try ContractText.decode(
            ContractText.table(
                #"{"name": "x", "type": "N"}"#,
                #"{"name": "y", "type": "S", "source_table": "other", "source_column": "z"}"#,
                members: #""view": "v_things", "#
            ).replacing(#""source_table": "things", "#, with: "")
        )
        let entity = table.entities[0]
        #expect(entity.view == "v_things")
        #expect(entity.sourceTable == "v_things")
        #expect(entity.attributes.map(\.source) == [.column("id"), .column("x"), .column("y")])
    }

    @Test("The estimate is kept")
    func estimate() throws {
        let table = try ContractText.decode(
            ContractText.table(members: #""estimated_item_size_bytes": 4096, "#)
        )
        #expect(table.estimatedItemSize == 4_096)
    }
}
