import Contract
import Testing

@Suite("Hostile and broken contracts")
struct HostileInputTests {
    @Test("Limits are held, and what is at the limit is taken")
    func limits() {
        func attributes(_ count: Int) -> String {
            let all = (1..<count).map { #"{"name": "a\#($0)", "type": "S", "source_column": "c"}"# }
            return ContractText.table(all.joined(separator: ", "))
        }
        #expect(ContractText.findings(attributes(1_000)) == [])
        #expect(
            ContractText.findings(attributes(1_001)) == [
                "error: tables[0].attributes: has 1001 elements; at most 1000 are taken"
            ]
        )
        func indexes(_ count: Int, _ more: String = "") -> String {
            let all = (1...count).map { #"{"index_name": "GSI\#($0)", "pk": "id"\#(more)}"# }
            return ContractText.table(members: #""gsis": [\#(all.joined(separator: ", "))], "#)
        }
        #expect(ContractText.findings(indexes(20)) == [])
        #expect(
            ContractText.findings(indexes(21)) == [
                "error: tables[0].gsis: has 21 elements; at most 20 are taken"
            ]
        )
    }

    @Test("The attributes of all tables together are limited")
    func limitsAttributes() {
        let attributes = (0..<1_000).map { index in
            let name = index == 0 ? "id" : "a\(index)"
            return #"{"name": "\#(name)", "type": "S", "source_column": "c"}"#
        }
        let tables = (0..<21).map { index in
            #"{"table": "Table\#(index)", "type": "single-entity", "source_table": "t", "#
                + #""pk": "id", "attributes": [\#(attributes.joined(separator: ", "))]}"#
        }
        #expect(
            ContractText.findings(#"{"tables": [\#(tables.joined(separator: ", "))]}"#) == [
                "error: tables[20].attributes: the contract has more than 20000 attributes in all:"
                    + " divide it into several contracts"
            ]
        )
    }

    @Test("The attributes of INCLUDE projections are limited, in one index and in all")
    func limitsProjections() {
        let attributes = (1...26).map {
            #"{"name": "a\#($0)", "type": "S", "source_column": "c"}"#
        }.joined(separator: ", ")
        func projecting(_ counts: Int...) -> String {
            let indexes = counts.enumerated().map { index, count in
                let names = (1...count).map { #""a\#($0)""# }.joined(separator: ", ")
                return #"{"index_name": "GSI\#(index)", "pk": "id", "projection": "INCLUDE", "#
                    + #""projected_attributes": [\#(names)]}"#
            }
            return ContractText.table(
                attributes,
                members: #""gsis": [\#(indexes.joined(separator: ", "))], "#
            )
        }
        #expect(ContractText.findings(projecting(20, 20, 20, 20, 20)) == [])
        #expect(
            ContractText.findings(projecting(21)) == [
                "warning: tables[0].gsis[0].projected_attributes: projects 21 attributes; DynamoDB's"
                    + " documentation allows 20 for one index: project fewer, or write"
                    + " \"projection\": \"ALL\""
            ]
        )
        #expect(
            ContractText.findings(projecting(20, 20, 20, 20, 20, 1, 1)) == [
                "error: tables[0].gsis[5].projected_attributes: the indexes of the table project more"
                    + " than 100 attributes in all: project fewer, or write \"projection\":"
                    + " \"ALL\""
            ]
        )
    }

    @Test("A file over 4 MiB is not read")
    func limitsBytes() {
        let spaces = String(repeating: " ", count: (4 << 20) - ContractText.table().utf8.count)
        #expect(ContractText.findings(ContractText.table() + spaces) == [])
        #expect(
            ContractText.findings(ContractText.table() + spaces + " ") == [
                "error: contract: line 1, column 1: the document has 4194305 bytes; at most 4194304"
                    + " are read: a contract is one JSON object with the array \"tables\""
            ]
        )
    }

    @Test("Deep JSON is refused at once, however deep")
    func limitsDepth() {
        let deep =
            "error: contract: line 1, column 33: arrays and objects lie more than 32 deep in"
            + " each other: a contract is one JSON object with the array \"tables\""
        for count in [33, 1_000, 1_000_000] {
            #expect(ContractText.findings(String(repeating: "[", count: count)) == [deep])
        }
        let objects = String(repeating: #"{"a":"#, count: 1_000)
        #expect(ContractText.findings(objects).count == 1)
    }

    @Test("Thousands of problems are counted, not kept")
    func limitsProblems() {
        let keys = (0..<1_500).map { #""key\#($0)": 0"# }.joined(separator: ", ")
        let findings = ContractText.findings(ContractText.table(members: "\(keys), "))
        #expect(findings.count == 1_001)
        #expect(
            findings.last
                == "warning: contract: there are 500 more warnings: mend those above, then check again"
        )
    }

    @Test("What a message quotes from the contract cannot reach the terminal")
    func neutralises() {
        let key = "\\u001b[31m\\u202Ekey" + String(repeating: "x", count: 500)
        let findings = ContractText.findings(ContractText.attribute(#""type": "\#(key)""#))
        #expect(
            findings.first
                == "error: tables[0].attributes[1].type: \"U+001B[31mU+202Ekey"
                + String(repeating: "x", count: 71) + "…\" is not a type of DynamoDB: write one of"
                + " \"S\", \"N\", \"B\", \"SS\", \"NS\", \"BS\", \"M\", \"L\", \"BOOL\", \"NULL\""
        )
    }

    /// Every place of a contract that SQL or a name is taken from.
    static let places: [(String, String)] = [
        ("source_table", ContractText.table().replacing("things", with: "$")),
        ("source_column", attribute(#""source_column": "$""#)),
        ("view", ContractText.table(members: #""view": "$", "#)),
        ("chunk_key", ContractText.table(members: #""chunk_key": ["$"], "#)),
        ("name", ContractText.table(#"{"name": "$", "type": "S", "source_column": "c"}"#)),
        ("target_table", join(target: "$")), ("join_condition", join(condition: "$")),
        ("select_column", join(select: "$")),
        (
            "join_alias",
            attribute(
                #""join": {"type": "self-join", "join_alias": "$", "join_condition": "a = b", "#
                    + #""select_column": "c"}"#
            )
        ),
        (
            "condition",
            attribute(
                #""join": {"type": "conditional", "condition": "$", "target_table": "t", "#
                    + #""join_condition": "a = b", "select_column": "'x'", "else_value": "y"}"#
            )
        ),
        (
            "else_value",
            attribute(
                #""join": {"type": "conditional", "condition": "a", "target_table": "t", "#
                    + #""join_condition": "a = b", "select_column": "'x'", "else_value": "$"}"#
            )
        ),
        ("select_columns", construction(#""select_columns": {"x": "$"}"#)),
        ("order_by", construction(#""select_columns": {"x": "x"}, "order_by": "$""#)),
        ("expression", attribute(#""calculation": {"type": "date-math", "expression": "$"}"#)),
        ("parts", attribute(#""calculation": {"type": "concat", "parts": ["$"]}"#)),
        (
            "when",
            attribute(#""calculation": {"type": "case", "cases": [{"when": "$", "then": "a"}]}"#)
        ),
        (
            "then",
            attribute(#""calculation": {"type": "case", "cases": [{"when": "a", "then": "$"}]}"#)
        ),
        (
            "else",
            attribute(
                #""calculation": {"type": "case", "cases": [{"when": "a", "then": "b"}], "else": "$"}"#
            )
        ),
        ("entity_type", ContractText.entities(ContractText.entity("$"))),
    ]

    private static func attribute(_ members: String) -> String {
        ContractText.attribute(#""type": "S", \#(members)"#)
    }

    private static func join(
        target: String = "t",
        condition: String = "a = b",
        select: String = "c"
    ) -> String {
        attribute(
            #""join": {"type": "foreign-key", "target_table": "\#(target)", "#
                + #""join_condition": "\#(condition)", "select_column": "\#(select)"}"#
        )
    }

    private static func construction(_ members: String) -> String {
        attribute(
            #""join": {"type": "json-construction", "target_table": "t", "join_condition": "a = b", "#
                + #""construction": {"type": "array", \#(members)}}"#
        )
    }

    @Test(
        "No place takes what would leave its quotes",
        arguments: places,
        [
            #"x`; DROP TABLE users; --"#, #"x' OR '1'='1"#, #"x\" OR 1"#, #"x\u0000y"#,
            #"x\u0007y"#,
        ]
    )
    func refusesInjection(place: (name: String, json: String), text: String) {
        let json = place.json.replacing("$", with: text)
        #expect(throws: ContractError.self) { try ContractDecoder.decode(Array(json.utf8)) }
    }

    @Test("Each of those places takes a plain name", arguments: places)
    func takesName(name: String, json: String) {
        #expect(throws: Never.self) {
            try ContractDecoder.decode(Array(json.replacing("$", with: "name").utf8))
        }
    }

    @Test("Numbers of any size are read as text")
    func hugeNumbers() {
        let digits = String(repeating: "9", count: 100_000)
        let json = ContractText.table(members: #""satisfies": [\#(digits), 1e\#(digits)], "#)
        #expect(ContractText.findings(json) == [])
    }
}

/// The published contract, cut and changed at many places: whatever comes of it, nothing traps.
@Suite("The published contract, broken")
struct BrokenContractTests {
    /// Mixed linear congruence, so that every run tries the same.
    private struct Generator {
        var state: UInt64

        mutating func next(below bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
    }

    private func decode(_ bytes: [UInt8]) -> Bool {
        do {
            _ = try ContractDecoder.decode(bytes)
            return true
        } catch {
            #expect(!error.problems.isEmpty)
            return false
        }
    }

    @Test("No cut of it decodes, and none traps")
    func truncated() throws {
        var bytes = try WorkshopContract.bytes()
        while bytes.last != UInt8(ascii: "}") { bytes.removeLast() }
        for length in stride(from: 0, to: bytes.count, by: 41) {
            #expect(!decode(Array(bytes[..<length])))
        }
    }

    @Test("A changed byte anywhere is decoded or refused")
    func mutated() throws {
        let bytes = try WorkshopContract.bytes()
        let replacements = Array(#"{}[]",:\0-e'`;#"#.utf8) + [0, 0x1F, 0x80, 0xC3, 0xED, 0xFF]
        var generator = Generator(state: 1)
        var refused = 0
        for _ in 0..<400 {
            var changed = bytes
            for _ in 0...generator.next(below: 3) {
                changed[generator.next(below: changed.count)] =
                    replacements[generator.next(below: replacements.count)]
            }
            if !decode(changed) { refused += 1 }
        }
        #expect(refused > 300)
    }

    @Test("A value of another type anywhere is decoded or refused")
    func retyped() throws {
        let root = try JSONParser.parse(try WorkshopContract.bytes())
        let replacements: [JSONValue] = [
            .null, .bool(true), .number("-1.5e300"), .string(""), .string("x'"), .array([]),
            .array([.null]), .object([]),
        ]
        var generator = Generator(state: 2)
        var refused = 0
        for round in 0..<400 {
            let replacement = replacements[round % replacements.count]
            let changed = replaced(root, replacement, &generator)
            if !decode(changed.serializedBytes()) { refused += 1 }
        }
        #expect(refused > 200)
    }

    /// Goes down at random and puts the replacement where it stops.
    private func replaced(
        _ value: JSONValue,
        _ replacement: JSONValue,
        _ generator: inout Generator
    ) -> JSONValue {
        switch value {
        case .array(var elements) where !elements.isEmpty && generator.next(below: 12) > 0:
            let index = generator.next(below: elements.count)
            elements[index] = replaced(elements[index], replacement, &generator)
            return .array(elements)
        case .object(var members) where !members.isEmpty && generator.next(below: 12) > 0:
            let index = generator.next(below: members.count)
            members[index].value = replaced(members[index].value, replacement, &generator)
            return .object(members)
        default: return replacement
        }
    }
}
