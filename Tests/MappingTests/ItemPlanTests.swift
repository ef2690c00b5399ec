import Contract
import Mapping
import Testing

@Suite("Compiling a plan")
struct ItemPlanTests {
    private static func problems(
        _ attributes: [Attribute],
        columns: [String] = ["PK", "v"],
        viewColumns: [ViewColumn]? = nil,
        kind: ResultColumn.Kind = .text,
        sort: KeyAttribute? = nil,
        indexes: [SecondaryIndex] = [],
        templates: [String: [TemplateInput]] = [:]
    ) -> [String] {
        let table = MapperFixture.table(attributes, sort: sort, indexes: indexes)
        do {
            let plan = try ItemPlan.compile(
                table: table,
                entity: table.entities[0],
                view: MapperFixture.view(
                    viewColumns ?? columns.map(MapperFixture.column),
                    templates: templates
                ),
                columns: columns.map { ResultColumn(name: $0, kind: kind) }
            )
            return plan.warnings.map(\.description)
        } catch {
            return error.problems.map(\.description)
        }
    }

    private static let key = MapperFixture.attribute("PK", .string)

    @Test("all problems are told at once, each with its place")
    func several() {
        let index = SecondaryIndex(
            name: "G1",
            partitionKey: KeyAttribute(name: "v", type: .string),
            sortKey: nil,
            projection: .all,
            path: "tables[0].gsis[0]"
        )
        #expect(
            Self.problems(
                [
                    MapperFixture.attribute("v", .number), MapperFixture.attribute("w", .string),
                    MapperFixture.attribute("w", .string),
                ],
                indexes: [index]
            ) == [
                "error: tables[0].attributes[w]: attribute w is there twice",
                "error: tables[0]: no attribute fills the table's key PK: "
                    + "add an attribute of that name or a key template",
                "error: tables[0].attributes[v]: attribute v is N, but the key of index G1 is S",
                "error: tables[0].attributes[w]: view ddb_things_view has no column for attribute w",
                "error: tables[0].attributes[w]: view ddb_things_view has no column for attribute w",
            ]
        )
    }

    @Test("a column that the view has and the result set lacks")
    func missingColumn() {
        #expect(
            Self.problems(
                [Self.key, MapperFixture.attribute("v", .string)],
                columns: ["PK"],
                viewColumns: [MapperFixture.column("PK"), MapperFixture.column("v")]
            ) == [
                "error: tables[0].attributes[v]: view ddb_things_view gives no column v "
                    + "for attribute v: create the view again"
            ]
        )
    }

    @Test("names that DynamoDB does not take")
    func names() {
        let long = String(repeating: "n", count: 65_536)
        #expect(
            Self.problems(
                [
                    Self.key, MapperFixture.attribute("", .string),
                    MapperFixture.attribute(long, .string),
                ],
                columns: ["PK", "", long]
            ) == [
                "error: tables[0].attributes[]: the attribute has no name",
                "error: tables[0].attributes[\(long)]: the attribute's name is longer than 65535 bytes",
            ]
        )
        let key = String(repeating: "k", count: 256)
        #expect(
            Self.problems(
                [Self.key, MapperFixture.attribute(key, .string)],
                columns: ["PK", key],
                sort: KeyAttribute(name: key, type: .string)
            ) == [
                "error: tables[0].attributes[\(key)]: a key's name is at most 255 bytes long"
            ]
        )
    }

    @Test("an empty constant as a key, and a template that nothing fills")
    func keys() {
        let template = Template(parts: [.placeholder("x")], lookup: .columnFirst)
        #expect(
            Self.problems([
                MapperFixture.attribute("PK", .string, .constant("")),
                MapperFixture.attribute("v", .string, .template(template)),
            ]) == [
                "error: tables[0].attributes[PK]: attribute PK is always empty, and rejected for it",
                "error: tables[0].attributes[v]: view ddb_things_view does not say what fills "
                    + "the template of v",
            ]
        )
    }

    @Test("a template that is made from itself is refused, not followed")
    func circle() {
        let template = Template(parts: [.placeholder("x"), .text("-")], lookup: .attributeFirst)
        #expect(
            Self.problems(
                [
                    Self.key, MapperFixture.attribute("a", .string, .template(template)),
                    MapperFixture.attribute("b", .string, .template(template)),
                ],
                templates: ["a": [.attribute("b")], "b": [.attribute("a")]]
            ).first
                == "error: tables[0].attributes[a]: the template of a is made from itself: a, b, a"
        )
    }

    @Test("an expression whose type can never fit is a warning")
    func warnings() {
        #expect(
            Self.problems([Self.key, MapperFixture.attribute("v", .number)], kind: .dateTime) == [
                "warning: tables[0].attributes[v]: attribute v is N, but its value is a date or a "
                    + "time: every row that has one will be rejected: use type S, or a date-format "
                    + "of epoch"
            ]
        )
        #expect(Self.problems([Self.key, MapperFixture.attribute("v", .number)]) == [])
    }

    @Test("a foreign view's columns are final: nothing is applied again")
    func foreign() throws {
        let format = Transformation.number(
            NumberFormat(minimumIntegerDigits: 1, decimals: 2, isGrouped: false)
        )
        #expect(
            try MapperFixture.value("7", .text, .string, format, view: "their_view")
                == #"{"S":"7"}"#
        )
        #expect(try MapperFixture.value("7", .text, .string, format) == #"{"S":"7.00"}"#)
    }

    @Test("a foreign view that lacks a key gets it from its template")
    func foreignTemplate() throws {
        let template = Template(parts: [.text("V#"), .placeholder("v")], lookup: .attributeFirst)
        let table = MapperFixture.table(
            [
                MapperFixture.attribute("PK", .string, .template(template)),
                MapperFixture.attribute("v", .number),
            ],
            view: "their_view"
        )
        let plan = try ItemPlan.compile(
            table: table,
            entity: table.entities[0],
            view: MapperFixture.view(
                [MapperFixture.column("v")],
                templates: ["PK": [.attribute("v")]]
            ),
            columns: [ResultColumn(name: "v", kind: .decimal)]
        )
        #expect(
            MapperFixture.map(ItemMapper(plan: plan), [Array("1.50".utf8)])
                == ##"{"PK":{"S":"V#1.5"},"v":{"N":"1.5"}}"##
        )
    }

    @Test("names are escaped, and a view may call an attribute's column otherwise")
    func columnNames() throws {
        let table = MapperFixture.table([
            Self.key, MapperFixture.attribute("pk", .string),
            MapperFixture.attribute("a\"é\n", .bool),
        ])
        var view = MapperFixture.view(["PK", "_att_1", "_att_2"].map(MapperFixture.column))
        view.attributeColumns = ["pk": "_att_1", "a\"é\n": "_att_2"]
        let plan = try ItemPlan.compile(
            table: table,
            entity: table.entities[0],
            view: view,
            columns: ["_att_2", "PK", "_att_1"].map { ResultColumn(name: $0, kind: .text) }
        )
        #expect(
            MapperFixture.map(ItemMapper(plan: plan), [[0x31], [0x70], [0x71]])
                == #"{"PK":{"S":"p"},"pk":{"S":"q"},"a\"é\n":{"BOOL":true}}"#
        )
    }
}
