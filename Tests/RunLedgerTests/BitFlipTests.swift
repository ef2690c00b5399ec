import Foundation
import Pipeline
import TestSupport
import Testing

@testable import RunLedger

@Suite("bits that change on the disk")
struct BitFlipTests {
    private struct Found: Equatable {
        var runs: [RunSummary]
        var identity: [IdentityFacet]
        var point: ResumePoint
    }

    /// All that a resume needs of the run `r1`.
    private static func read(_ directory: TemporaryDirectory) throws -> Found {
        let store = try directory.store()
        let runs = try store.runs()
        let (journal, point) = try store.resume("r1")
        return Found(runs: runs, identity: journal.identity, point: point)
    }

    @Test("in the ledger are found, or touch nothing that is read", arguments: 0..<4)
    func ledger(seed: UInt64) throws {
        let directory = try TemporaryDirectory()
        try RefusalTests.fill(directory)
        let bytes = try directory.bytes("ledger.sqlite")
        let expected = try Self.read(directory)
        var random = SeededRandom(seed: seed)
        var refused = 0
        for _ in 0..<60 {
            let copy = try TemporaryDirectory()
            var changed = bytes
            let index = Int.random(in: 0..<bytes.count, using: &random)
            let bit = UInt8.random(in: 0..<8, using: &random)
            changed[index] ^= 1 << bit
            try copy.write(changed, to: "ledger.sqlite")
            do {
                #expect(try Self.read(copy) == expected, "byte \(index), bit \(bit)")
            } catch is LedgerError {
                refused += 1
            }
        }
        #expect(refused > 10)
    }

    @Test("in any column of any row are found by its seal")
    func seals() throws {
        let source = try TemporaryDirectory()
        try RefusalTests.fill(source)
        let bytes = try source.bytes("ledger.sqlite")
        for table in [SealedTable.runs, .identity, .jobs, .entities, .chunks] {
            for column in table.columns where !["run", "number", "ordinal"].contains(column) {
                if column == "table_index" && table.name != "entities" { continue }
                if column == "entity" && table.name == "entities" { continue }
                let directory = try TemporaryDirectory()
                try directory.write(bytes, to: "ledger.sqlite")
                let database = try directory.database()
                try database.execute("PRAGMA foreign_keys = OFF", "damage")
                let change = Self.change(of: column)
                try database.execute(
                    "UPDATE \(table.name) SET \(column) = \(change) WHERE rowid_of()"
                        .replacingOccurrences(of: " WHERE rowid_of()", with: Self.first(of: table)),
                    "damage"
                )
                let error = #expect(throws: LedgerError.self, "\(table.name).\(column)") {
                    _ = try Self.read(directory)
                }
                #expect(error?.kind == .damaged, "\(table.name).\(column)")
                #expect(
                    error?.message == "a row of \(table.name) has been changed",
                    "\(table.name).\(column)"
                )
            }
        }
    }

    private static func change(of column: String) -> String {
        switch column {
        case "state", "mode", "name", "text", "lineage", "consistency", "options", "errors",
            "contract_path", "contract_name", "contract_digest", "table_name", "target_name",
            "duplicate_keys":
            "\(column) || ' '"
        case "ended": "NULL"
        case "range_lower": "x'00000000'"
        case "range_upper": "NULL"
        default: "\(column) + 1"
        }
    }

    private static func first(of table: SealedTable) -> String {
        switch table.name {
        case "identity": " WHERE ordinal = 0"
        case "jobs": " WHERE table_index = 0"
        case "entities": " WHERE entity = 2"
        case "chunks": " WHERE places_lower = \(199 << 20)"
        default: ""
        }
    }

    @Test("in the write-ahead log lead back to an earlier checkpoint, whole", arguments: 0..<3)
    func log(seed: UInt64) throws {
        let directory = try TemporaryDirectory()
        let journal = try directory.store().begin(Sample.run("r1"))
        for number in 1...12 { try journal.record(Sample.checkpoint(number, chunks: 7)) }
        let ledger = try directory.bytes("ledger.sqlite")
        let bytes = try directory.bytes("ledger.sqlite-wal")
        var random = SeededRandom(seed: seed)
        for _ in 0..<40 {
            let copy = try TemporaryDirectory()
            var changed = bytes
            let index = Int.random(in: 0..<bytes.count, using: &random)
            if Bool.random(using: &random) {
                changed[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            } else {
                changed.removeSubrange(index...)
            }
            try copy.write(ledger, to: "ledger.sqlite")
            try copy.write(changed, to: "ledger.sqlite-wal")
            let store = try copy.store()
            guard try store.run("r1") != nil else { continue }
            let point = try store.resume("r1").point
            #expect(point.chunks[0].count == point.totals[0].requests * 7)
        }
        withExtendedLifetime(journal) {}
    }
}
