/// Why a piece of text in a contract (SQL, a template, a format, a name) is not taken.
public struct SyntaxRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, as a sentence without a full stop.
    public var reason: String
    /// What to write instead, or nil.
    public var hint: String?

    public init(_ reason: String, hint: String? = nil) {
        self.reason = reason
        self.hint = hint
    }

    public var description: String { hint.map { "\(reason): \($0)" } ?? reason }
}

/// Text from a contract as it may stand in a message: clipped, and with nothing in it that a
/// terminal would obey.
enum Quoted {
    private static let scalarsMax = 80

    /// In double quotes.
    static func text(_ text: String) -> String {
        "\"\(clipped(text))\""
    }

    /// Without quotes.
    static func clipped(_ text: String) -> String {
        var clean = ""
        for (count, scalar) in text.unicodeScalars.enumerated() {
            guard count < scalarsMax else { return clean + "…" }
            clean += isPlain(scalar) ? String(scalar) : escape(scalar)
        }
        return clean
    }

    /// Several, with commas.
    static func list(_ texts: some Sequence<String>) -> String {
        texts.map(text).joined(separator: ", ")
    }

    static func scalar(_ scalar: Unicode.Scalar) -> String {
        isPlain(scalar) && scalar != " " ? "`\(scalar)`" : escape(scalar)
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate,
            .unassigned:
            false
        case .spaceSeparator: scalar == " "
        default: true
        }
    }
}
