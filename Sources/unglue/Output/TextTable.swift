/// Columns of text, aligned; as wide as they need to be.
struct TextTable {
    enum Alignment {
        case left
        case right
    }

    struct Column {
        var title: String
        var alignment: Alignment
    }

    var columns: [Column]
    var rows: [[String]] = []

    /// The lines, the title first; no spaces at their ends.
    ///
    /// Cells are neutralised.
    var lines: [String] {
        let cells = [columns.map(\.title)] + rows.map { $0.map(Neutral.text) }
        let widths = columns.indices.map { index in
            cells.map { $0[index].displayWidth }.max() ?? 0
        }
        return cells.map { row in
            var line = ""
            for (index, cell) in row.enumerated() {
                let space = String(repeating: " ", count: widths[index] - cell.displayWidth)
                if index > 0 { line += "  " }
                line += columns[index].alignment == .left ? cell + space : space + cell
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}

extension String {
    /// Columns that the text takes on a terminal: two for the wide characters of East Asia and
    /// emoji, none for marks that sit on another character.
    var displayWidth: Int {
        unicodeScalars.reduce(0) { $0 + $1.displayWidth }
    }

    /// The text cut to at most so many columns, the last of them `…` if something was cut.
    func fitted(to columns: Int) -> String {
        guard displayWidth > columns else { return self }
        guard columns > 0 else { return "" }
        var result = ""
        var width = 0
        for character in self {
            let characterWidth = String(character).displayWidth
            if width + characterWidth > columns - 1 { break }
            result.append(character)
            width += characterWidth
        }
        return result + "…"
    }

    /// The text with spaces before it, or behind it, to so many columns.
    func padded(to columns: Int, _ alignment: TextTable.Alignment = .left) -> String {
        let space = String(repeating: " ", count: max(columns - displayWidth, 0))
        return alignment == .left ? self + space : space + self
    }
}

extension Unicode.Scalar {
    fileprivate var displayWidth: Int {
        if value < 0x300 { return 1 }
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        // The blocks that UAX #11 lists as wide, coarsely. https://www.unicode.org/reports/tr11/
        switch value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
            0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F,
            0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }
}
