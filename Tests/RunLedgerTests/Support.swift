import Foundation
import Pipeline
import Testing

@testable import RunLedger

/// A fresh directory that is gone with the value.
final class TemporaryDirectory {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory
            .appendingPathComponent("unglue-ledger-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            Issue.record("the temporary directory stays: \(error)")
        }
    }

    func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")))
    }

    func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    }

    func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(
            atPath: "\(path)/\(name)",
            withDestinationPath: target
        )
    }

    func move(_ name: String, to other: String) throws {
        try FileManager.default.moveItem(atPath: "\(path)/\(name)", toPath: "\(path)/\(other)")
    }

    var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }

    /// The time that every test begins with: 2026-11-23T00:03:19Z.
    static let start = 1_795_392_199_000

    /// A store whose clock stands still.
    func store(
        _ access: LedgerStore.Access = .writer(command: "unglue run shop.json"),
        schema: Schema = .current,
        now: Int = start
    ) throws(LedgerError) -> LedgerStore {
        try LedgerStore(directory: path, access: access, schema: schema, clock: { now })
    }

    /// The ledger's file by itself, without any check: for tests that damage it.
    func database() throws -> Database {
        let place = try #require(try StatePlace.find(path))
        let database = try Database(
            file: place.file(.ledger),
            path: place.path(.ledger),
            access: .readWrite
        )
        return database
    }
}

/// What tests put into a ledger.
enum Sample {
    static let identity = [
        IdentityFacet(name: "contract", text: #"{"tables": []}"#),
        IdentityFacet(name: "server", text: "b7c2-…-é\n"),
    ]

    static func run(_ name: String, lineage: String = "shop.json", digest: String = "d1") -> NewRun
    {
        NewRun(
            run: name,
            lineage: lineage,
            contractPath: "contracts/shop.json",
            contractName: "shop.json",
            contractDigest: digest,
            mode: .ifAbsent,
            consistency: "chunk",
            options: #"{"readers": 4}"#,
            identity: identity,
            tables: [
                NewRun.Table(name: "Users", targetName: "t-Users"),
                NewRun.Table(name: "Shop", targetName: "t-Shop"),
            ],
            entities: [
                NewRun.Entity(table: 0, name: "Users"),
                NewRun.Entity(table: 1, name: "Shop.ORDER"),
                NewRun.Entity(table: 1, name: "Shop.ITEM"),
            ]
        )
    }

    /// Chunk number `ordinal` of an entity, of a hundred rows: bounds of two values, the first chunk
    /// with no beginning.
    static func chunk(_ ordinal: Int, entity: Int = 0, attempt: UInt32? = nil) -> ChunkRecord {
        ChunkRecord(
            entity: entity,
            attempt: attempt ?? UInt32(1 + entity * 100_000 + ordinal),
            places: ChunkPlaces.planned(Int64(ordinal)),
            range: ChunkRange(
                lower: ordinal == 0 ? nil : bound(ordinal),
                upper: bound(ordinal + 1)
            ),
            rowsRead: 100,
            written: 90,
            kept: 6,
            rejected: 4,
            keysLogged: 96,
            keyChecksum: 0xFFFF_FFFF_FFFF_0000 + UInt64(ordinal)
        )
    }

    static func bound(_ ordinal: Int) -> [[UInt8]] {
        [Array("\(ordinal * 100)".utf8), [0, 0xFF, UInt8(truncatingIfNeeded: ordinal)]]
    }

    static func totals(requests: Int) -> TableTotals {
        var totals = TableTotals()
        totals.bytesWritten = requests * 4096
        totals.writeUnits = Double(requests) * 25.5
        totals.requests = requests
        totals.retries = requests / 2
        totals.throttles = requests / 3
        totals.seconds = Double(requests) / 4
        return totals
    }

    /// Checkpoint number `number`, from 1, with so many chunks of the first entity.
    static func checkpoint(_ number: Int, chunks: Int) -> Checkpoint {
        let first = (number - 1) * chunks
        return Checkpoint(
            chunks: (first..<first + chunks).map { chunk($0) },
            totals: [totals(requests: number), totals(requests: 0)],
            keyLogBytes: [number * 1152, 0],
            seconds: Double(number) / 4
        )
    }
}

extension LedgerError {
    /// Runs what must fail with a `LedgerError`, and gives its words.
    static func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "nothing was thrown"
        } catch let error as LedgerError {
            return error.description
        } catch {
            return "another error: \(error)"
        }
    }
}
