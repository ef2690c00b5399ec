/// How names and values are written in SQL, whatever the session's `sql_mode` is.
enum SQLText {
    /// A name between backticks.
    static func identifier(_ name: String) -> String {
        "`" + name.replacing("`", with: "``") + "`"
    }

    /// A column of the row that `alias` names.
    static func column(_ name: String, of alias: String) -> String {
        identifier(alias) + "." + identifier(name)
    }

    /// A text literal.
    ///
    /// Text with a backslash or a control character becomes a hexadecimal literal: whether a
    /// backslash escapes depends on `NO_BACKSLASH_ESCAPES`, and control characters do not survive
    /// every client that a printed script passes through.
    static func literal(_ text: String) -> String {
        let isPlain = text.unicodeScalars.allSatisfy { scalar in
            scalar.value >= 0x20 && scalar.value != 0x7F && scalar != "\\"
        }
        guard !isPlain else { return "'" + text.replacing("'", with: "''") + "'" }
        let digits = Array("0123456789ABCDEF")
        var hexadecimal = "_utf8mb4 0x"
        for byte in text.utf8 {
            hexadecimal.append(digits[Int(byte >> 4)])
            hexadecimal.append(digits[Int(byte & 15)])
        }
        return hexadecimal
    }
}
