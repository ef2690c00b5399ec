import Contract
import Mapping
import Testing

@Suite("Items, their keys and their limits")
struct ItemTests {
    private static let number = KeyAttribute(name: "SK", type: .number)

    private static func index(_ partition: String, _ sort: String?) -> SecondaryIndex {
        SecondaryIndex(
            name: "G1",
            partitionKey: KeyAttribute(name: partition, type: .string),
            sortKey: sort.map { KeyAttribute(name: $0, type: .string) },
            projection: .all,
            path: "tables[0].gsis[0]"
        )
    }

    /// Attributes are `a`, the sort key, the partition key and `b`, in this order; `a` and `b` are
    /// keys of an index.
    private static func mapper(
        null: NullPolicy = .absent,
        empty: EmptyPolicy = .keep
    ) throws -> ItemMapper {
        let table = MapperFixture.table(
            [
                MapperFixture.attribute("a", .string, null: null, empty: empty),
                MapperFixture.attribute("SK", .number, null: null, empty: empty),
                MapperFixture.attribute("PK", .string, null: null, empty: empty),
                MapperFixture.attribute("b", .string, null: null, empty: empty),
            ],
            sort: number,
            indexes: [index("a", "b")]
        )
        let names = ["b", "a", "SK", "PK"]
        let plan = try ItemPlan.compile(
            table: table,
            entity: table.entities[0],
            view: MapperFixture.view(names.map(MapperFixture.column)),
            columns: names.map { ResultColumn(name: $0, kind: .text) }
        )
        return ItemMapper(plan: plan)
    }

    private static func row(_ b: String?, _ a: String?, _ sort: String?, _ partition: String?)
        -> [[UInt8]?]
    {
        [b, a, sort, partition].map { $0.map { Array($0.utf8) } }
    }

    @Test("the keys come first, the others in the contract's order, whatever the columns' order is")
    func order() throws {
        #expect(
            MapperFixture.map(try Self.mapper(), Self.row("b", "a", "1.0", "p"))
                == #"{"PK":{"S":"p"},"SK":{"N":"1"},"a":{"S":"a"},"b":{"S":"b"}}"#
        )
    }

    @Test(
        "a NULL or empty key of the table rejects the row, whatever the policy",
        arguments: NullPolicy.allCases,
        EmptyPolicy.allCases
    )
    func tableKeys(null: NullPolicy, empty: EmptyPolicy) throws {
        let mapper = try Self.mapper(null: null, empty: empty)
        func reason(_ sort: String?, _ partition: String?) -> String {
            MapperFixture.map(mapper, Self.row("b", "a", sort, partition))
        }
        #expect(reason("1", nil) == "key attribute PK is NULL")
        #expect(reason("1", "") == "key attribute PK is empty")
        #expect(reason(nil, "p") == "key attribute SK is NULL")
        #expect(reason("", "p") == "key attribute SK is empty")
        #expect(reason("x", "p") == "attribute SK is not a number")
    }

    @Test("a NULL or empty key of an index is absent, unless the contract rejects it")
    func indexKeys() throws {
        let keyed = #"{"PK":{"S":"p"},"SK":{"N":"1"},"a":{"S":"a"}}"#
        for null in [NullPolicy.absent, .null] {
            let mapper = try Self.mapper(null: null)
            #expect(MapperFixture.map(mapper, Self.row(nil, "a", "1", "p")) == keyed)
        }
        for empty in [EmptyPolicy.keep, .absent, .null] {
            let mapper = try Self.mapper(empty: empty)
            #expect(MapperFixture.map(mapper, Self.row("", "a", "1", "p")) == keyed)
        }
        #expect(
            MapperFixture.map(try Self.mapper(null: .reject), Self.row(nil, "a", "1", "p"))
                == "attribute b is NULL, which the contract rejects"
        )
        #expect(
            MapperFixture.map(try Self.mapper(empty: .reject), Self.row("", "a", "1", "p"))
                == "attribute b is empty, which the contract rejects"
        )
    }

    @Test(
        "policies decide what becomes of other NULLs and empty values",
        arguments: [
            (nil, .string, .absent, .keep, ""),
            (nil, .string, .null, .keep, #"{"NULL":true}"#),
            (nil, .string, .reject, .keep, "attribute v is NULL, which the contract rejects"),
            ("", .string, .reject, .keep, #"{"S":""}"#),
            ("", .string, .absent, .absent, ""),
            ("", .string, .absent, .null, #"{"NULL":true}"#),
            ("", .string, .absent, .reject, "attribute v is empty, which the contract rejects"),
            ("", .binary, .absent, .keep, #"{"B":""}"#),
            ("", .number, .absent, .absent, ""),
            ("", .map, .absent, .absent, ""),
            ("[]", .stringSet, .absent, .keep, ""),
            ("[]", .stringSet, .absent, .null, #"{"NULL":true}"#),
            (
                "[]", .stringSet, .absent, .reject,
                "attribute v is empty, which the contract rejects"
            ),
            ("[]", .list, .absent, .reject, #"{"L":[]}"#),
        ] as [(String?, AttributeType, NullPolicy, EmptyPolicy, String)]
    )
    func policies(
        text: String?,
        type: AttributeType,
        null: NullPolicy,
        empty: EmptyPolicy,
        expected: String
    ) throws {
        #expect(try MapperFixture.value(text, .text, type, null: null, empty: empty) == expected)
    }

    @Test("keys over 2048 and 1024 bytes are rejected, of the table and of indexes")
    func keySizes() throws {
        func text(_ count: Int) -> String { String(repeating: "é", count: count / 2) }
        let table = MapperFixture.table(
            [
                MapperFixture.attribute("PK", .string), MapperFixture.attribute("SK", .binary),
                MapperFixture.attribute("a", .string), MapperFixture.attribute("b", .string),
            ],
            sort: KeyAttribute(name: "SK", type: .binary),
            indexes: [Self.index("a", "b"), Self.index("b", nil)]
        )
        let names = ["PK", "SK", "a", "b"]
        let mapper = ItemMapper(
            plan: try ItemPlan.compile(
                table: table,
                entity: table.entities[0],
                view: MapperFixture.view(names.map(MapperFixture.column)),
                columns: names.map { ResultColumn(name: $0, kind: .text) }
            )
        )
        func outcome(_ sizes: [Int]) -> String {
            let item = MapperFixture.map(mapper, sizes.map { Array(text($0).utf8) })
            return item.hasPrefix("{") ? "item" : item
        }
        #expect(outcome([2048, 1024, 2048, 1024]) == "item")
        #expect(outcome([2050, 2, 2, 2]) == "key attribute PK is longer than 2048 bytes")
        #expect(outcome([2, 1026, 2, 2]) == "key attribute SK is longer than 1024 bytes")
        #expect(outcome([2, 2, 2050, 2]) == "key attribute a is longer than 2048 bytes")
        #expect(outcome([2, 2, 2, 1026]) == "key attribute b is longer than 1024 bytes")
    }

    @Test("a rejection has the key as far as it could be made")
    func rejectionKeys() throws {
        let mapper = try Self.mapper(null: .reject)
        func rejection(_ row: [[UInt8]?]) -> Rejection? {
            let outcome = mapper.map(row: 0, of: MapperFixture.slab([row]), into: ByteBuffer())
            guard case .rejected(let rejection) = outcome else { return nil }
            return rejection
        }
        #expect(
            rejection(Self.row(nil, "a", "01", "p\"q"))
                == Rejection(
                    reason: "attribute b is NULL, which the contract rejects",
                    key: #"{"PK":{"S":"p\"q"},"SK":{"N":"1"}}"#
                )
        )
        #expect(rejection(Self.row("b", "a", "x", "p"))?.key == #"{"PK":{"S":"p"}}"#)
        #expect(rejection(Self.row("b", "a", "1", nil))?.key == #"{"SK":{"N":"1"}}"#)
        #expect(rejection(Self.row("b", "a", nil, ""))?.key == "{}")
    }

    @Test("an item of 409600 bytes is kept and one of 409601 is not")
    func itemSize() throws {
        // PK and its digit are 3 bytes, the name v is 1.
        let most = String(repeating: "x", count: 409_596)
        #expect(try MapperFixture.value(most, .text, .string) == "{\"S\":\"\(most)\"}")
        let reason = "attribute v makes the item larger than DynamoDB's 409600 bytes"
        #expect(try MapperFixture.value(most + "x", .text, .string) == reason)
        #expect(try MapperFixture.value(most + "x", .text, .binary) == reason)
        let list =
            "["
            + repeatElement("\"\(String(repeating: "y", count: 999))\"", count: 410)
            .joined(separator: ",") + "]"
        #expect(try MapperFixture.value(list, .json, .list) == reason)
        #expect(try MapperFixture.value(list, .json, .stringSet).hasPrefix("{\"SS\":[\"yyy"))
    }

    /// Checked against an endpoint that counts as the service does: the largest item that it takes.
    @Test(
        "the size is DynamoDB's own",
        arguments: [
            (.string, "", 0), (.string, "é\n", 3), (.number, "0", 1), (.number, "12", 2),
            (.number, "123", 3), (.number, "-1", 3), (.number, "12.34", 3), (.number, "1000", 2),
            (.bool, "1", 1), (.binary, "abc", 3), (.list, "[]", 3), (.map, "{}", 3),
            (.list, #"["a", "bc"]"#, 8), (.map, #"{"xy": "abc"}"#, 9),
            (.stringSet, #"["a","bc"]"#, 3),
            (.numberSet, "[1, 22]", 4), (.binarySet, #"["YQ==", "YmM="]"#, 3),
            (.list, #"[[{"k": 1}]]"#, 15), (.list, "[true, null]", 7), (.null, "", 1),
        ] as [(AttributeType, String, Int)]
    )
    func size(type: AttributeType, text: String, expected: Int) throws {
        let table = MapperFixture.table([
            MapperFixture.attribute("PK", .string), MapperFixture.attribute("name", type),
        ])
        let plan = try ItemPlan.compile(
            table: table,
            entity: table.entities[0],
            view: MapperFixture.view([MapperFixture.column("PK"), MapperFixture.column("name")]),
            columns: [
                ResultColumn(name: "PK", kind: .text), ResultColumn(name: "name", kind: .text),
            ]
        )
        let slab = MapperFixture.slab([[Array("p".utf8), Array(text.utf8)]])
        let outcome = ItemMapper(plan: plan).map(row: 0, of: slab, into: ByteBuffer())
        guard case .item(let item) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(item.size == 3 + 4 + expected)
    }

    @Test("items follow one another in the buffer")
    func manyRows() throws {
        let mapper = try Self.mapper()
        let slab = MapperFixture.slab([
            Self.row(nil, nil, "1", "p"), Self.row("b", nil, "x", "p"),
            Self.row("b", nil, "2", "p"),
        ])
        let buffer = ByteBuffer()
        for row in 0..<3 { _ = mapper.map(row: row, of: slab, into: buffer) }
        #expect(
            String(decoding: buffer.array(), as: UTF8.self)
                == #"{"PK":{"S":"p"},"SK":{"N":"1"}}{"PK":{"S":"p"},"SK":{"N":"2"},"b":{"S":"b"}}"#
        )
        #expect(mapper.keyJSON(row: 2, of: slab) == #"{"PK":{"S":"p"},"SK":{"N":"2"}}"#)
    }

    @Test("equal keys have equal hashes, however their numbers are spelt; others differ")
    func keyHash() throws {
        let mapper = try Self.mapper()
        func hash(_ partition: String, _ sort: String, _ other: String = "x") -> UInt64? {
            let slab = MapperFixture.slab([Self.row(other, "a", sort, partition)])
            let outcome = mapper.map(row: 0, of: slab, into: ByteBuffer())
            guard case .item(let item) = outcome else { return nil }
            return item.keyHash
        }
        #expect(hash("p", "1.0") == hash("p", "1e0", "y"))
        #expect(
            hash("p", "1")
                == KeyHash.hash(
                    partition: KeyHash.Part(type: .string, bytes: Array("p".utf8)),
                    sort: KeyHash.Part(type: .number, bytes: Array("001.00".utf8))
                )
        )
        var seen: Set<UInt64?> = [nil]
        for partition in 0..<50 {
            for sort in 0..<200 {
                let name = String(repeating: "p", count: partition) + "q"
                #expect(seen.insert(hash(name, String(sort))).inserted)
            }
        }
    }
}
