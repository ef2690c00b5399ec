import Contract
import Testing

/// Builds contracts for the tests, and tells what is found in them.
enum ContractText {
    /// A single-entity table `Things` with the key `id` and the given further attributes, each a
    /// JSON object; `table` is further members of the table: `"sk": "x", `.
    static func table(_ attributes: String..., members table: String = "") -> String {
        let key = #"{"name": "id", "type": "S", "source_column": "id"}"#
        let all = ([key] + attributes).joined(separator: ", ")
        return """
            {"tables": [{"table": "Things", "type": "single-entity", "source_table": "things", \
            "pk": "id", \(table)"attributes": [\(all)]}]}
            """
    }

    /// The table with one attribute `a` more, of which the members after the name are given; it
    /// stands at `tables[0].attributes[1]`.
    static func attribute(_ members: String) -> String {
        table(#"{"name": "a", \#(members)}"#)
    }

    /// A multi-entity table with the keys PK and SK.
    static func entities(_ entities: String..., members table: String = "") -> String {
        """
        {"tables": [{"table": "Things", "type": "multi-entity", "pk": "PK", "sk": "SK", \
        \(table)"entities": [\(entities.joined(separator: ", "))]}]}
        """
    }

    /// An entity with PK, SK and the given further attributes.
    static func entity(
        _ type: String,
        _ attributes: String...,
        members entity: String = ""
    ) -> String {
        let keys = [
            #"{"name": "PK", "type": "S", "source_column": "id"}"#,
            #"{"name": "SK", "type": "S", "source_column": "id"}"#,
        ]
        let all = (keys + attributes).joined(separator: ", ")
        return """
            {"entity_type": "\(type)", "source_table": "things", \(entity)"attributes": [\(all)]}
            """
    }

    /// Errors and warnings, as users see them.
    static func findings(_ json: String) -> [String] {
        findings(Array(json.utf8))
    }

    static func findings(_ bytes: [UInt8]) -> [String] {
        do {
            return try ContractDecoder.decode(bytes).warnings.map(\.description)
        } catch {
            return error.problems.map(\.description)
        }
    }

    static func decode(_ json: String) throws -> Table {
        let tables = try ContractDecoder.decode(Array(json.utf8)).contract.tables
        return tables[0]
    }

    /// The attribute `a` of `attribute(_:)`.
    static func decodeAttribute(_ members: String) throws -> Attribute {
        try decode(attribute(members)).entities[0].attributes[1]
    }
}

/// A contract's text and all that is found in it.
struct Finding: Sendable, CustomTestStringConvertible {
    var name: String
    var json: String
    var expected: [String]

    init(_ name: String, _ json: String, _ expected: String...) {
        self.name = name
        self.json = json
        self.expected = expected
    }

    var testDescription: String { name }
}
