import Contract
import Mapping
import TestSupport

@testable import Pipeline

/// A source of various rows and a target that holds their items, for a test to damage.
struct VerificationBench {
    let plan: MigrationPlan
    let rows: [[String?]]
    let source: ScriptedSource
    let target: MemoryTarget
    let table = VariousMigration.targetName

    init(
        rows: [[String?]],
        rowsPerChunk: Int = 23,
        failures: [ScriptedSource.Failure] = [],
        target: MemoryTarget = MemoryTarget(keyNames: VariousMigration.keyNames),
        isFilled: Bool = true
    ) throws {
        plan = try VariousMigration.plan()
        self.rows = rows
        self.target = target
        source = ScriptedSource(
            entities: [rows],
            rowsPerChunk: rowsPerChunk,
            rowsPerSlab: 5,
            failures: failures
        )
        guard isFilled else { return }
        // The first of several rows with one key is the one whose item stays.
        for item in try VariousMigration.items(of: rows.reversed(), plan: plan) {
            target.put(item, table: table)
        }
    }

    init(count: Int, seed: UInt64 = 1) throws {
        try self.init(
            rows: (0..<count).map(VariousMigration.row),
            target: MemoryTarget(keyNames: VariousMigration.keyNames, seed: seed)
        )
    }

    func verification(
        _ change: (inout VerificationOptions) -> Void = { _ in }
    ) -> Verification {
        var options = VerificationOptions(readers: 3, segments: 3)
        change(&options)
        return Verification(
            plan: plan,
            options: options,
            source: source,
            target: target,
            sink: target,
            spill: MemorySpill()
        )
    }

    func verify(_ change: (inout VerificationOptions) -> Void = { _ in }) -> VerificationResult {
        verification(change).run()
    }

    /// The keys of the target's items, sorted.
    var keys: [String] { target.items(of: table).keys.sorted() }

    func item(_ key: String) -> JSONValue { target.items(of: table)[key] ?? .null }

    /// Changes an attribute of an item, as DynamoDB JSON; nil takes it away.
    func set(_ name: String, of key: String, to value: String?) throws {
        var members = (item(key).members ?? []).filter { $0.name != name }
        if let value {
            members.append(
                JSONMember(name: name, value: try JSONParser.parse(Array(value.utf8)))
            )
        }
        target.put(.object(members), table: table)
    }
}

extension TableVerdict {
    /// The counts in one line.
    var summary: String {
        "\(expected) expected, \(found) found, \(missing) missing, \(different) different, "
            + "\(extra.map(String.init) ?? "no") extra, \(rejected) rejected, "
            + "\(duplicates) duplicates"
    }
}
