/// One fact of which it must not be noticed too late that it has changed: a part of a run's identity.
///
/// Kept with a run, and compared when it is resumed; see `MySQLConnection.definitions(of:)`.
public struct DefinitionFacet: Sendable, Equatable {
    enum Source: Sendable, Equatable {
        /// SHOW CREATE TABLE, which answers for views as well.
        case statement(QualifiedName)
        /// Names and types of the columns: all that the account may see.
        case columns(QualifiedName)
        case server
    }

    /// What it is of, unique in a run: `view users_view`, `table shop.users`, `server uuid`.
    public let name: String
    /// Lines of text, the same as long as nothing has changed.
    public let text: String
    let source: Source

    init(name: String, text: String, source: Source) {
        self.name = name
        self.text = text
        self.source = source
    }

    /// Whether it is a view that itself reads others.
    var isView: Bool { name.hasPrefix("view ") }

    /// Whether it is a table whose engine keeps old versions of its rows, or no table at all.
    public var hasSnapshots: Bool {
        if isView || source == .server { return true }
        return engine.map { SourceLimits.snapshotEngines.contains($0.lowercased()) } ?? false
    }

    /// Storage engine of a base table; nil where it is not known.
    var engine: String? {
        guard case .statement = source, !isView,
            let options = text.split(separator: "\n").last(where: { $0.hasPrefix(")") })
        else { return nil }
        let word = options.split(separator: " ").first { $0.hasPrefix("ENGINE=") }
        return word.map { String($0.dropFirst("ENGINE=".count)) }
    }
}

/// The server's text of a definition without what changes while the definition does not.
enum DefinitionText {
    /// Of SHOW CREATE TABLE: without the counter of AUTO_INCREMENT, and without the list of
    /// partitions, which those who keep a table by months change every month.
    static func ofTable(_ text: String) -> String {
        var lines: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            guard line.hasPrefix(")") else {
                lines.append(String(line))
                continue
            }
            // The last line of the columns and keys; partitions are behind it.
            lines.append(withoutCounter(line))
            break
        }
        return lines.joined(separator: "\n")
    }

    private static func withoutCounter(_ options: Substring) -> String {
        let words = options.split(separator: " ", omittingEmptySubsequences: false)
        guard let counter = words.firstIndex(where: { $0.hasPrefix("AUTO_INCREMENT=") }) else {
            return String(options)
        }
        // What a comment says, which comes later, is the comment's.
        let comment = words.firstIndex { $0.hasPrefix("COMMENT=") } ?? words.endIndex
        guard counter < comment else { return String(options) }
        return (words[..<counter] + words[(counter + 1)...]).joined(separator: " ")
    }

    /// Of a view, which the server prints as one line: a line a column and a table.
    static func ofView(_ text: String) -> String {
        var lines = ""
        var rest = text[...]
        while let end = breakBehind(rest) {
            lines += rest[..<end] + "\n"
            rest = rest[end...]
        }
        return lines + rest
    }

    /// The end of the line that `text` begins with; nil: it is the last.
    private static func breakBehind(_ text: Substring) -> Substring.Index? {
        guard let comma = text.firstIndex(of: ","), text.index(after: comma) < text.endIndex else {
            return nil
        }
        return text.index(after: comma)
    }

    /// What has changed, a line each: those that are gone with `-`, those that are new with `+`.
    static func difference(from old: String, to new: String) -> String {
        let before = old.split(separator: "\n", omittingEmptySubsequences: false)
        let after = new.split(separator: "\n", omittingEmptySubsequences: false)
        let changes = after.difference(from: before)
        let lines =
            changes.removals.map { ("-", $0.line) } + changes.insertions.map { ("+", $0.line) }
        let shown = lines.prefix(SourceLimits.differenceLinesMax).map { sign, line in
            "\(sign) \(line.prefix(SourceLimits.differenceLineLength))"
        }
        let left = lines.count - shown.count
        return (shown + (left > 0 ? ["… and \(left) lines more"] : [])).joined(separator: "\n")
    }
}

extension CollectionDifference<Substring>.Change {
    fileprivate var line: Substring {
        switch self {
        case .insert(_, let line, _), .remove(_, let line, _): line
        }
    }
}
