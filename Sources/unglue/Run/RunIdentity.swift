import Contract
import DynamoDBSink
import Mapping
import MySQLSource
import Pipeline
import RunLedger

/// What a run is bound to: everything that decides which items its rows become, and where they go.
///
/// A run that is resumed with another identity would leave a table of which half was made by one
/// rule and half by another.
struct RunIdentity {
    private(set) var facets: [IdentityFacet] = []

    mutating func add(_ name: String, _ text: String) {
        facets.append(IdentityFacet(name: name, text: text))
    }

    mutating func add(_ definitions: [DefinitionFacet]) {
        // Several entities may read the same table.
        for definition in definitions where !facets.contains(where: { $0.name == definition.name })
        {
            add(definition.name, definition.text)
        }
    }

    /// Tells a contract from another, by its text in one form.
    static func digest(of contractText: String) -> String {
        let part = KeyHash.Part(type: .binary, bytes: Array(contractText.utf8))
        return String(KeyHash.hash(partition: part, sort: nil), radix: 16)
    }

    mutating func add(_ other: RunIdentity) {
        facets += other.facets
    }

    /// What has changed since `earlier`, in its order.
    func changes(since earlier: [IdentityFacet]) -> [String] {
        var changes: [String] = []
        for old in earlier {
            guard let new = facets.first(where: { $0.name == old.name }) else {
                changes.append("\(old.name) is not part of the run any more")
                continue
            }
            if new.text != old.text {
                changes.append("\(old.name):\n\(LineDiff.text(old: old.text, new: new.text))")
            }
        }
        for new in facets where !earlier.contains(where: { $0.name == new.name }) {
            changes.append("\(new.name) is new")
        }
        return changes
    }
}

/// An unfinished run cannot be resumed: what it is bound to has changed.
struct RunChanged: Error, CustomStringConvertible {
    var run: String
    var changes: [String]

    var description: String {
        """
        run \(run) is unfinished and cannot be resumed, since this has changed since it began (-: \
        then, +: now):
        \(changes.map { "  \($0)" }.joined(separator: "\n"))
        Undo the change to resume it, or begin anew with --fresh: all rows are then read and \
        written again, which is safe
        """
    }
}

extension TableDescription {
    /// What tells the table from another that was made in its place.
    var identity: String {
        let parts = [
            tableID.map { "id \($0)" }, createdAt.map { "created at \($0)" },
        ].compactMap(\.self)
        return ([name] + parts).joined(separator: "\n")
    }
}
