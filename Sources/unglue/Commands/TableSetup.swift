import Contract
import DynamoDBSink

/// Existing tables that are not what the contract wants; nothing was changed.
struct TablesDifferError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A sentence without a full stop each.
    var differences: [String]

    var description: String {
        "tables exist that are not the contract's, so nothing was created:\n"
            + differences.map { "- \($0)" }.joined(separator: "\n")
            + "\nGive --table-prefix, rename the table in the contract, or delete it."
    }
}

/// Makes and deletes the contract's tables.
///
/// Used by `tables` and by `run --setup`.
struct TableSetup {
    let admin: TableAdmin
    let prefix: String
    let log: Log

    /// Creates the tables that are not there, after it has looked at all of them: if one exists and
    /// differs, nothing is created.
    ///
    /// `wait`: until all are active.
    func create(_ tables: [Table], wait: Bool) throws -> [NamedOutcome] {
        var existing: Set<String> = []
        var differences: [String] = []
        for table in tables {
            let name = prefix + table.name
            guard let description = try admin.describe(name) else { continue }
            existing.insert(name)
            differences += description.differences(from: table).map { "\(name): \($0)" }
            if description.status == "DELETING" {
                differences.append("\(name): it is being deleted; try again when it is gone")
            }
        }
        guard differences.isEmpty else { throw TablesDifferError(differences: differences) }
        for table in tables where !existing.contains(prefix + table.name) {
            try admin.create(table, prefix: prefix)
            log.debug("table \(prefix + table.name): creating")
        }
        if wait { for table in tables { try admin.waitUntilActive(prefix + table.name) } }
        return tables.map { table in
            let name = prefix + table.name
            let created = wait ? "created" : "being created"
            return NamedOutcome(name: name, outcome: existing.contains(name) ? "exists" : created)
        }
    }

    /// Deletes the tables that are there.
    ///
    /// `confirm` is asked about each before anything is deleted; if it refuses one, that one stays.
    func delete(
        _ tables: [Table],
        wait: Bool,
        confirm: (String) throws -> Bool
    ) throws -> [NamedOutcome] {
        var outcomes: [NamedOutcome] = []
        for table in tables {
            let name = prefix + table.name
            if try admin.describe(name) == nil {
                outcomes.append(NamedOutcome(name: name, outcome: "not there"))
            } else if try confirm(name) {
                outcomes.append(
                    NamedOutcome(name: name, outcome: wait ? "deleted" : "being deleted")
                )
            } else {
                outcomes.append(NamedOutcome(name: name, outcome: "kept"))
            }
        }
        let doomed = outcomes.filter { $0.outcome.hasSuffix("deleted") }.map(\.name)
        for name in doomed { try admin.delete(name) }
        if wait { for name in doomed { try admin.waitUntilGone(name) } }
        return outcomes
    }
}
