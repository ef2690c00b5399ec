/// Finds the name that was probably meant where an unknown one was written.
public enum NearestName {
    /// Gives the known name that differs least from `name`; nil where none is near.
    ///
    /// Insertions, deletions, replacements and swaps of neighbours count; case does not. At most a
    /// third of the letters may differ. A name of two letters is near only to the same letters: PK is
    /// no slip of SK.
    public static func find(_ name: String, among known: some Sequence<String>) -> String? {
        let wanted = letters(name)
        guard !wanted.isEmpty, wanted.count <= lengthMax else { return nil }
        let allowed = max(1, wanted.count / 3)
        var best: (distance: Int, name: String)?
        for candidate in known {
            let other = letters(candidate)
            guard other.count <= lengthMax, abs(other.count - wanted.count) <= allowed else {
                continue
            }
            if wanted.count < 3, wanted.sorted() != other.sorted() { continue }
            let distance = distance(wanted, other)
            if distance <= allowed, distance < best?.distance ?? .max {
                best = (distance, candidate)
            }
        }
        return best?.name
    }

    /// Longer names are not compared: nobody mistypes them, and the cost grows with the square.
    private static let lengthMax = 128

    /// Dashes and underscores are the same here: `index-name` is near to `index_name`.
    private static func letters(_ name: String) -> [UInt8] {
        name.lowercased().utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }
    }

    /// The optimal string alignment distance.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for row in 0..<left.count {
            var current = [row + 1]
            for column in 0..<right.count {
                var cost = last[column] + (left[row] == right[column] ? 0 : 1)
                cost = min(cost, last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1],
                    left[row - 1] == right[column]
                {
                    cost = min(cost, beforeLast[column - 1] + 1)
                }
                current.append(cost)
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }
}
