internal import Contract

/// Advice for a name that does not exist.
enum NameHint {
    /// "did you mean price?", or else the names that there are, at most eight; nil if there are none.
    static func nearest(_ name: String, among known: [String]) -> String? {
        if let nearest = NearestName.find(name, among: known) { return "did you mean \(nearest)?" }
        guard !known.isEmpty else { return nil }
        let shown = known.prefix(8).joined(separator: ", ")
        return "there are \(shown)" + (known.count > 8 ? " and others" : "")
    }
}
