/// Finds what somebody probably meant by a name that does not exist.
enum NearestName {
    /// The candidate with the fewest edits to `name`, without regard to case; nil where even that one
    /// is not similar (more than a third of the longer name would have to change).
    static func find(_ name: String, among candidates: [String]) -> String? {
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            let distance = editDistance(name.lowercased(), candidate.lowercased())
            let similarMax = max(1, max(name.count, candidate.count) / 3)
            if distance <= similarMax, distance < best?.distance ?? Int.max {
                best = (candidate, distance)
            }
        }
        return best?.name
    }

    /// Insertions, deletions, replacements and swaps of neighbours.
    private static func editDistance(_ first: String, _ second: String) -> Int {
        let left = Array(first.unicodeScalars.prefix(64))
        let right = Array(second.unicodeScalars.prefix(64))
        var beforePrevious: [Int] = []
        var previous = Array(0...right.count)
        for (row, leftScalar) in left.enumerated() {
            var current = [row + 1]
            for (column, rightScalar) in right.enumerated() {
                var cost = min(previous[column + 1], current[column]) + 1
                cost = min(cost, previous[column] + (leftScalar == rightScalar ? 0 : 1))
                if row > 0, column > 0, leftScalar == right[column - 1],
                    left[row - 1] == rightScalar
                {
                    cost = min(cost, beforePrevious[column - 1] + 1)
                }
                current.append(cost)
            }
            beforePrevious = previous
            previous = current
        }
        return previous[right.count]
    }
}
