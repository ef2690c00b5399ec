/// The lines in which two texts differ, for people.
enum LineDiff {
    /// Lines shown of each side; what differs more is counted.
    private static let linesMax = 8

    /// `- old` and `+ new` lines of the part that differs, the parts that agree at both ends left
    /// out; empty where the texts are the same.
    static func text(old: String, new: String) -> String {
        let old = old.split(separator: "\n", omittingEmptySubsequences: false)
        let new = new.split(separator: "\n", omittingEmptySubsequences: false)
        guard old != new else { return "" }
        let shorter = min(old.count, new.count)
        var start = 0
        while start < shorter, old[start] == new[start] { start += 1 }
        var end = 0
        while end < shorter - start,
            old[old.count - 1 - end] == new[new.count - 1 - end]
        { end += 1 }
        let lines =
            shown(old[start..<old.count - end], mark: "-")
            + shown(new[start..<new.count - end], mark: "+")
        return lines.joined(separator: "\n")
    }

    private static func shown(_ lines: ArraySlice<Substring>, mark: String) -> [String] {
        let shown = lines.prefix(linesMax).map { "    \(mark) \(Neutral.text(String($0)))" }
        let rest = lines.count - shown.count
        return rest > 0 ? shown + ["    \(mark) … \(rest) more lines"] : shown
    }
}
