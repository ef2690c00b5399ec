/// Text that goes into statements: identifiers and literals, quoted by us alone.
enum SQLText {
    /// An identifier in backticks.
    static func identifier(_ name: String) -> String {
        var quoted = "`"
        for character in name.unicodeScalars {
            quoted.unicodeScalars.append(character)
            if character == "`" { quoted.unicodeScalars.append(character) }
        }
        return quoted + "`"
    }

    /// Text in quotes, for sessions without NO_BACKSLASH_ESCAPES, as all of ours are.
    static func quoted(_ text: String) -> String {
        var quoted = "'"
        for character in text.unicodeScalars {
            if character == "'" || character == "\\" { quoted.unicodeScalars.append("\\") }
            quoted.unicodeScalars.append(character)
        }
        return quoted + "'"
    }

    static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension FixedWidthInteger {
    /// The number that ASCII digits print; nil for anything else.
    init?(digits: [UInt8]) {
        self.init(String(decoding: digits, as: UTF8.self))
    }
}
