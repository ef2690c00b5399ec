import Contract
import Mapping
import Synchronization
import TestSupport
import Testing

@testable import Pipeline

@Suite("Verification")
struct VerificationTests {
    @Test(
        "a target that holds every row's item is identical, however it spells them",
        arguments: 1...12
    )
    func identical(seed: Int) throws {
        let bench = try VerificationBench(count: 100 + seed * 17, seed: UInt64(seed))
        let result = bench.verify()
        #expect(result.state == .identical)
        #expect(result.errors.isEmpty)
        let count = 100 + seed * 17
        #expect(
            result.tables.map(\.summary) == [
                "\(count) expected, \(count) found, 0 missing, 0 different, 0 extra, 0 rejected, "
                    + "0 duplicates"
            ]
        )
        #expect(result.tables[0].examples == [])
        #expect(bench.target.gets == 0)
    }

    /// One kind of damage to one item.
    struct Damage: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var attribute: String
        /// What the attribute becomes; nil takes it away.
        var value: String?
        /// What is expected in its place; nil where there is nothing.
        var expected: String?
    }

    /// To the item of row 40, `item 13` at place 1.
    static let damages = [
        Damage(
            testDescription: "one digit",
            attribute: "n",
            value: #"{"N":"40.51"}"#,
            expected: #"{"N":"40.5"}"#
        ),
        Damage(
            testDescription: "a text for a number",
            attribute: "n",
            value: #"{"S":"40.5"}"#,
            expected: #"{"N":"40.5"}"#
        ),
        Damage(
            testDescription: "a number for a text",
            attribute: "bin",
            value: #"{"S":"Ynl0ZXMgNDA="}"#,
            expected: #"{"B":"Ynl0ZXMgNDA="}"#
        ),
        Damage(
            testDescription: "null for absent",
            attribute: "text",
            value: #"{"NULL":true}"#,
            expected: nil
        ),
        Damage(
            testDescription: "empty for absent",
            attribute: "text",
            value: #"{"S":""}"#,
            expected: nil
        ),
        Damage(
            testDescription: "absent for a value",
            attribute: "flag",
            value: nil,
            expected: #"{"BOOL":false}"#
        ),
        Damage(
            testDescription: "true for false",
            attribute: "flag",
            value: #"{"BOOL":true}"#,
            expected: #"{"BOOL":false}"#
        ),
        Damage(
            testDescription: "a number for a truth value",
            attribute: "flag",
            value: #"{"N":"0"}"#,
            expected: #"{"BOOL":false}"#
        ),
        Damage(
            testDescription: "an element of a set",
            attribute: "counts",
            value: #"{"NS":["40","41","40.6"]}"#,
            expected: #"{"NS":["40","41","40.5"]}"#
        ),
        Damage(
            testDescription: "a set of another type",
            attribute: "counts",
            value: #"{"SS":["40","41","40.5"]}"#,
            expected: #"{"NS":["40","41","40.5"]}"#
        ),
        Damage(
            testDescription: "an element too many",
            attribute: "tags",
            value: #"{"SS":["tag 0","tag 40"]}"#,
            expected: #"{"SS":["tag 0"]}"#
        ),
        Damage(
            testDescription: "a list in another order",
            attribute: "parts",
            value: #"{"L":[{"N":"40"},{"S":"first"},{"M":{"last":{"BOOL":false}}}]}"#,
            expected: #"{"L":[{"S":"first"},{"N":"40"},{"M":{"last":{"BOOL":false}}}]}"#
        ),
        Damage(
            testDescription: "a value deep inside",
            attribute: "parts",
            value: #"{"L":[{"S":"first"},{"N":"40"},{"M":{"last":{"BOOL":true}}}]}"#,
            expected: #"{"L":[{"S":"first"},{"N":"40"},{"M":{"last":{"BOOL":false}}}]}"#
        ),
        Damage(
            testDescription: "a map as text",
            attribute: "parts",
            value: #"{"S":"[\"first\",40,{\"last\":false}]"}"#,
            expected: #"{"L":[{"S":"first"},{"N":"40"},{"M":{"last":{"BOOL":false}}}]}"#
        ),
        Damage(
            testDescription: "an attribute that nobody knows",
            attribute: "more",
            value: #"{"S":"x"}"#,
            expected: nil
        ),
    ]

    @Test("each kind of damage to an item is found and named", arguments: damages, 1...3)
    func damage(_ damage: Damage, seed: Int) throws {
        let target = MemoryTarget(keyNames: VariousMigration.keyNames, respells: false)
        let bench = try VerificationBench(
            rows: (0..<90 * seed).map(VariousMigration.row),
            rowsPerChunk: 10 * seed,
            target: target
        )
        let key = #"{"S":"item 13"}|{"N":"1"}"#
        try bench.set(damage.attribute, of: key, to: damage.value)
        let result = bench.verify()
        #expect(result.state == .different)
        let verdict = try #require(result.tables.first)
        #expect(verdict.isIdentical == false)
        #expect((verdict.missing, verdict.different, verdict.extra) == (0, 1, 0))
        #expect(
            verdict.examples == [
                VerificationExample(
                    kind: .different,
                    key: #"{"id":{"S":"item 13"},"place":{"N":"1"}}"#,
                    attributes: [
                        VerificationExample.Attribute(
                            name: damage.attribute,
                            expected: damage.expected,
                            found: damage.value
                        )
                    ]
                )
            ]
        )
    }

    @Test("an item that is not there is missing, one of no row extra, one under another key both")
    func missingAndExtra() throws {
        let bench = try VerificationBench(count: 100)
        let moved = #"{"S":"item 5"}|{"N":"0"}"#
        let item = bench.item(moved)
        bench.target.remove(moved, table: bench.table)
        bench.target.remove(#"{"S":"item 7"}|{"N":"2"}"#, table: bench.table)
        let members = (item.members ?? []).filter { $0.name != "place" }
        let place = JSONMember(
            name: "place",
            value: .object([JSONMember(name: "N", value: .string("9"))])
        )
        bench.target.put(.object(members + [place]), table: bench.table)
        let verdict = try #require(bench.verify().tables.first)
        #expect(
            verdict.summary
                == "100 expected, 99 found, 2 missing, 0 different, 1 extra, 0 rejected, 0 duplicates"
        )
        let named = verdict.examples.map { "\($0.kind) \($0.key.filter { !$0.isWhitespace })" }
        #expect(named.count == 3)
        #expect(named.filter { $0.hasPrefix("missing") }.count == 2)
        #expect(verdict.examples.allSatisfy { $0.attributes.isEmpty })
    }

    @Test("values that are swapped between two items are found in both")
    func swapped() throws {
        let bench = try VerificationBench(count: 60)
        let keys = [#"{"S":"item 3"}|{"N":"1"}"#, #"{"S":"item 9"}|{"N":"2"}"#]
        let counts = keys.map { bench.item($0)["counts"]?.serialized() }
        try bench.set("counts", of: keys[0], to: counts[1])
        try bench.set("counts", of: keys[1], to: counts[0])
        let verdict = try #require(bench.verify().tables.first)
        #expect(verdict.different == 2)
        #expect(verdict.examples.map { $0.attributes.map(\.name) } == [["counts"], ["counts"]])
    }

    @Test("whatever hundreds of items are damaged, the counts are exact", arguments: 1...10)
    func manyDamages(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let bench = try VerificationBench(count: 900, seed: UInt64(seed))
        var counts: [VerificationExample.Kind: Int] = [:]
        let keys = bench.keys.shuffled(using: &random)
        for (index, key) in keys.prefix(Int.random(in: 1...600, using: &random)).enumerated() {
            let kind: VerificationExample.Kind
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                kind = .missing
                bench.target.remove(key, table: bench.table)
            case 1:
                kind = .extra
                let extra = VariousMigration.row(index + 5_000)
                for item in try VariousMigration.items(of: [extra], plan: bench.plan) {
                    bench.target.put(item, table: bench.table)
                }
            default:
                kind = .different
                let name = ["n", "counts", "parts", "doc", "more"].randomElement(using: &random)
                try bench.set(name ?? "n", of: key, to: #"{"S":"stale"}"#)
            }
            counts[kind, default: 0] += 1
        }
        let verdict = try #require(bench.verify { $0.examples = 2_000 }.tables.first)
        #expect(verdict.missing == counts[.missing, default: 0], "seed \(seed)")
        #expect(verdict.different == counts[.different, default: 0], "seed \(seed)")
        #expect(verdict.extra == counts[.extra, default: 0], "seed \(seed)")
        #expect(verdict.expected == 900)
        #expect(verdict.found == 900 - verdict.missing + (verdict.extra ?? 0))
        for kind in counts.keys {
            #expect(verdict.examples.filter { $0.kind == kind }.count == counts[kind])
        }
    }

    @Test("of rows with one key the first in source order is expected")
    func duplicates() throws {
        var rows = (0..<100).map(VariousMigration.row)
        for (index, text) in [(70, "second"), (20, "first"), (95, "third")] {
            rows[index] = VariousMigration.row(500)
            rows[index][3] = text
        }
        let bench = try VerificationBench(rows: rows, rowsPerChunk: 9)
        let same = bench.verify()
        #expect(same.state == .identical)
        #expect(
            same.tables.map(\.summary) == [
                "98 expected, 98 found, 0 missing, 0 different, 0 extra, 0 rejected, 2 duplicates"
            ]
        )
        try bench.set("text", of: #"{"S":"item 166"}|{"N":"2"}"#, to: #"{"S":"second"}"#)
        let verdict = try #require(bench.verify().tables.first)
        #expect((verdict.missing, verdict.different, verdict.extra) == (0, 1, 0))
        #expect(
            verdict.examples.first?.attributes == [
                VerificationExample.Attribute(
                    name: "text",
                    expected: #"{"S":"first"}"#,
                    found: verdict.examples.first?.attributes.first?.found
                )
            ]
        )
    }

    @Test("rows that cannot be items are counted, and nothing is expected of them")
    func rejected() throws {
        var rows = (0..<50).map(VariousMigration.row)
        rows[7][2] = "no number"
        rows[30][0] = nil
        let bench = try VerificationBench(rows: rows)
        let result = bench.verify()
        #expect(result.state == .identical)
        #expect(result.tables[0].rejected == 2)
        #expect(result.tables[0].expected == 48)
    }

    @Test(
        "an empty target lacks everything, an empty source makes everything extra",
        arguments: [0, 5_000]
    )
    func empty(count: Int) throws {
        let full = try VerificationBench(count: 5_000 - count)
        #expect(full.verify().state == .identical)
        let bench = try VerificationBench(
            rows: (0..<count).map(VariousMigration.row),
            isFilled: false
        )
        if count == 0 {
            for (_, item) in full.target.items(of: full.table) {
                bench.target.put(item, table: bench.table)
            }
        }
        let verdict = try #require(bench.verify().tables.first)
        #expect(verdict.missing == count)
        #expect(verdict.extra == 5_000 - count)
        #expect(verdict.different == 0)
        #expect(verdict.examples.count == 20)
    }
}
