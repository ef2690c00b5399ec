import Contract
import Mapping
import Testing

@Suite("Views: whether attributes fit their columns")
struct ViewFitTests {
    private func problems(
        _ type: AttributeType,
        _ column: String,
        _ transformation: Transformation? = nil,
        of source: String = "order_items"
    ) -> [String] {
        ViewStore.build(
            source,
            [ViewStore.attribute("v", type, .column(column), transformation)]
        ).problems
    }

    @Test(
        "What fits passes without a word",
        arguments: [
            (AttributeType.string, "quantity"), (.string, "note"), (.string, "packed_at"),
            (.string, "extra"), (.number, "quantity"), (.number, "weight"), (.number, "season"),
            (.number, "flags"), (.binary, "data"), (.binary, "note"), (.null, "note"),
        ]
    )
    func fits(type: AttributeType, column: String) {
        #expect(problems(type, column) == [])
    }

    @Test(
        "What some rows may not fit is a warning",
        arguments: [
            (
                AttributeType.number, "note",
                "v is read from note (text): rows are rejected where the text is no number"
            ),
            (
                .string, "data",
                "v is read from data (blob): rows are rejected where the bytes are no UTF-8; type B"
                    + " takes any bytes"
            ),
            (
                .bool, "quantity",
                "v is read from quantity (int): rows are rejected where the number is neither 0 nor"
                    + " 1"
            ),
            (
                .bool, "flags",
                "v is read from flags (bit(8)): rows are rejected where the number is neither 0 nor"
                    + " 1"
            ),
            (
                .map, "extra",
                "v is read from extra (json): rows are rejected where the JSON is no object"
            ),
            (
                .list, "note",
                "v is read from note (text): rows are rejected where the text is no JSON array"
            ),
            (
                .stringSet, "extra",
                "v is read from extra (json): rows are rejected where the JSON is no array of the"
                    + " set's type"
            ),
        ]
    )
    func warnings(type: AttributeType, column: String, message: String) {
        #expect(problems(type, column) == ["warning: a.v: \(message)"])
    }

    @Test(
        "What no row can fit is an error",
        arguments: [
            (
                AttributeType.number, "packed_at", nil,
                "v is read from packed_at (datetime), but it is a date or a time and no number:"
                    + " write \"type\": \"S\", or add a date-format of \"epoch\""
            ),
            (
                .map, "quantity", nil,
                "v is read from quantity (int), but type M needs JSON: write \"type\": \"S\" or"
                    + " \"N\""
            ),
            (
                .stringSet, "quantity", nil,
                "v is read from quantity (int), but type SS needs a SET column or a JSON array:"
                    + " write \"type\": \"S\" or \"N\""
            ),
            (
                .binary, "quantity", nil,
                "v is read from quantity (int), but type B needs bytes: write \"type\": \"S\" or"
                    + " \"N\""
            ),
            (
                .bool, "packed_at", nil,
                "v is read from packed_at (datetime), but type BOOL needs 0 or 1: use a calculation"
                    + " of type \"case\""
            ),
            (
                .string, "quantity", .date(.epoch, source: .timestamp),
                "v is read from quantity (int), but date-format needs a date: say what the number"
                    + " counts with \"source_format\": \"epoch\" or \"epoch-ms\""
            ),
            (
                .string, "packed_at", .date(.epoch, source: .epoch),
                "v is read from packed_at (datetime), but it is a date and no number: leave"
                    + " \"source_format\" out"
            ),
            (
                .string, "packed_at",
                .number(NumberFormat(minimumIntegerDigits: 1, decimals: 2, isGrouped: false)),
                "v is read from packed_at (datetime), but number-format needs a number: use"
                    + " date-format"
            ),
            (
                .map, "quantity", .jsonParse,
                "v is read from quantity (int), but json-parse needs JSON or text: leave the"
                    + " transformation out"
            ),
        ] as [(AttributeType, String, Transformation?, String)]
    )
    func errors(
        type: AttributeType,
        column: String,
        transformation: Transformation?,
        message: String
    ) {
        #expect(problems(type, column, transformation) == ["error: a.v: \(message)"])
    }

    @Test("A key that can be NULL is a warning, also through a template")
    func nullableKeys() throws {
        let plain = ViewStore.attribute("PK", .string, .column("status"))
        let made = ViewStore.attribute(
            "PK",
            .string,
            .none,
            try ViewStore.template("O#{id}#{date}")
        )
        #expect(
            ViewStore.build("orders", [plain]).problems == [
                "warning: a.PK: status can be NULL, and PK is a key of the table: such rows are"
                    + " rejected"
            ]
        )
        #expect(
            ViewStore.build("orders", [made]).problems == [
                "warning: a.PK: date can be NULL, and PK is a key of the table: such rows are"
                    + " rejected"
            ]
        )
        #expect(
            ViewStore.build(
                "orders",
                [ViewStore.attribute("GSI1PK", .string, .column("status"))]
            ).problems == []
        )
    }

    @Test("A set cannot stand in a template")
    func templateOfSet() throws {
        let attributes = [
            ViewStore.attribute("tags", .stringSet, .column("extra")),
            ViewStore.attribute("PK", .string, .none, try ViewStore.template("{tags}")),
        ]
        #expect(
            ViewStore.build("order_items", attributes).problems.last
                == "error: a.PK: {tags} is of type SS, which has no text: name an attribute of type"
                + " S or N"
        )
    }
}
