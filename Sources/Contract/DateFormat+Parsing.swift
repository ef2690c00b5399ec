extension DateFormat {
    private static let known =
        "YYYY, MM, DD, HH, mm, ss, SSS, the letters T and Z, and characters that are no letters; or"
        + " epoch, epoch-ms, iso8601"

    /// Reads the `format` of a `date-format`: `epoch`, `epoch-ms`, `iso8601`, or a pattern of
    /// `YYYY MM DD HH mm ss SSS`, the literals `T` and `Z`, and anything that is no letter.
    ///
    /// - Throws: `SyntaxRefusal` for other letters, and for a pattern without any part of a date.
    public static func parse(_ text: String) throws(SyntaxRefusal) -> DateFormat {
        switch text {
        case "epoch": return .epoch
        case "epoch-ms": return .epochMilliseconds
        case "iso8601": return .iso8601
        default: return .pattern(try pattern(text))
        }
    }

    private static let fields: [(String, Part)] = [
        ("YYYY", .year), ("SSS", .millisecond), ("MM", .month), ("DD", .day), ("HH", .hour),
        ("mm", .minute), ("ss", .second), ("T", .text("T")), ("Z", .text("Z")),
    ]

    private static func pattern(_ text: String) throws(SyntaxRefusal) -> [Part] {
        guard !text.isEmpty, text.utf8.count <= ContractLimits.fragmentBytesMax else {
            throw SyntaxRefusal("the date format is empty or too long", hint: "known are \(known)")
        }
        let scalars = Array(text.unicodeScalars)
        var parts: [Part] = []
        var position = 0
        while position < scalars.count {
            let rest = scalars[position...]
            if let (letters, part) = fields.first(where: { rest.starts(with: $0.0.unicodeScalars) })
            {
                append(part, to: &parts)
                position += letters.unicodeScalars.count
                continue
            }
            let scalar = scalars[position]
            guard !scalar.properties.isAlphabetic else {
                let run = rest.prefix { $0 == scalar }.count
                let word = String(repeating: String(scalar), count: min(run, 8))
                throw SyntaxRefusal(
                    "\(Quoted.text(word)) is no part of a date format",
                    hint: suggestion(word) ?? "known are \(known)"
                )
            }
            guard scalar.properties.generalCategory != .control else {
                throw SyntaxRefusal("the date format has a control character in it")
            }
            append(.text(String(scalar)), to: &parts)
            position += 1
        }
        let isConstant = parts.allSatisfy { part in
            if case .text = part { return true }
            return false
        }
        guard !isConstant else {
            throw SyntaxRefusal("the date format has no part of a date", hint: "known are \(known)")
        }
        return parts
    }

    private static func append(_ part: Part, to parts: inout [Part]) {
        if case .text(let text) = part, case .text(let before) = parts.last {
            parts[parts.count - 1] = .text(before + text)
        } else {
            parts.append(part)
        }
    }

    private static func suggestion(_ word: String) -> String? {
        switch word {
        case "yyyy": "write YYYY for the year; known are \(known)"
        case "dd", "d", "D": "write DD for the day; known are \(known)"
        case "hh", "h", "H": "write HH for the hour of 24; known are \(known)"
        case "SS", "S": "write ss for the second, SSS for milliseconds; known are \(known)"
        case "M": "write MM for the month; known are \(known)"
        default: nil
        }
    }

    /// Whether the formatted value is a number's text.
    var isNumeric: Bool {
        switch self {
        case .epoch, .epochMilliseconds: true
        case .iso8601: false
        case .pattern(let parts):
            parts.allSatisfy { part in
                guard case .text(let text) = part else { return true }
                return text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
            }
        }
    }
}
