/// Makes text from elsewhere harmless on a terminal and in a log: names come from contracts,
/// servers and arguments, and may hold escapes that would redraw the screen or forge a line.
enum Neutral {
    /// Control characters, line and paragraph separators, and marks that reorder text are written as
    /// `\n`, `\t`, `\u{1B}`.
    static func text(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            if !isUnsafe(scalar) {
                result.unicodeScalars.append(scalar)
            } else if scalar == "\n" {
                result += "\\n"
            } else if scalar == "\t" {
                result += "\\t"
            } else {
                result += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            }
        }
        return result
    }

    /// The same, between quotes, and no longer than a few lines.
    static func quoted(_ text: String) -> String {
        let shown = text.count > 400 ? "\(text.prefix(397))…" : text
        return "'\(Neutral.text(shown))'"
    }

    /// Several lines stay several lines; all else as in `text`.
    static func lines(_ text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map {
            Neutral.text(String($0))
        }
    }

    /// JSON with the same characters written as JSON's own escapes.
    ///
    /// To whoever parses it nothing has changed. Line ends between values stay.
    static func json(_ document: String) -> String {
        let isHidden = { (scalar: Unicode.Scalar) in scalar != "\n" && isUnsafe(scalar) }
        guard document.unicodeScalars.contains(where: isHidden) else { return document }
        var result = ""
        for scalar in document.unicodeScalars {
            guard isHidden(scalar) else {
                result.unicodeScalars.append(scalar)
                continue
            }
            for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
                let digits = String(unit, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return result
    }

    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0: true
        case 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x2069, 0xFEFF: true
        case 0xE0000...0xE007F: true
        default: false
        }
    }
}
