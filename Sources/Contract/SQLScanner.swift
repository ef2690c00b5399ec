/// Cuts a contract's SQL into tokens, and refuses what cannot be a part of one scalar expression.
struct SQLScanner {
    struct Lexeme {
        var token: SQLToken
        /// Index of the first scalar, from 0.
        var start: Int
        /// Index after the last scalar.
        var end: Int
    }

    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var lexemes: [Lexeme] = []

    /// - Throws: `SyntaxRefusal` for what is no token of a harmless expression.
    static func scan(_ text: String) throws(SyntaxRefusal) -> [Lexeme] {
        guard text.utf8.count <= ContractLimits.fragmentBytesMax else {
            throw SyntaxRefusal(
                "the SQL has \(text.utf8.count) bytes; at most \(ContractLimits.fragmentBytesMax)"
                    + " are taken",
                hint: "compute the value in a view of your own and name it under \"view\""
            )
        }
        var scanner = SQLScanner(scalars: Array(text.unicodeScalars))
        while try scanner.next() {}
        return scanner.lexemes
    }

    private init(scalars: [Unicode.Scalar]) {
        self.scalars = scalars
    }

    private mutating func next() throws(SyntaxRefusal) -> Bool {
        while let scalar = peek(), isSpace(scalar) { position += 1 }
        guard let scalar = peek() else { return false }
        let start = position
        let token: SQLToken
        if scalar == "'" || scalar == "\"" {
            token = .string(try string(scalar))
        } else if isDigit(scalar) || (scalar == "." && peek(1).map(isDigit) == true) {
            token = try numberOrName()
        } else if isNamePart(scalar) {
            token = try name()
        } else {
            token = .symbol(try symbol(scalar))
        }
        lexemes.append(Lexeme(token: token, start: start, end: position))
        return true
    }

    // MARK: Literals

    private mutating func string(_ quote: Unicode.Scalar) throws(SyntaxRefusal) -> String {
        let start = position
        position += 1
        var text = String.UnicodeScalarView()
        while let scalar = peek() {
            position += 1
            if scalar == quote {
                guard peek() == quote else { return String(text) }
                position += 1
                text.append(quote)
            } else if scalar == "\\" {
                try escape(&text, stringStart: start)
            } else if scalar.properties.generalCategory == .control, !isSpace(scalar) {
                throw control(scalar)
            } else {
                text.append(scalar)
            }
        }
        throw unbalanced(quote, at: start)
    }

    /// The escapes of https://dev.mysql.com/doc/refman/8.4/en/string-literals.html, table 11.1.
    private mutating func escape(
        _ text: inout String.UnicodeScalarView,
        stringStart: Int
    ) throws(SyntaxRefusal) {
        guard let scalar = peek() else {
            throw unbalanced(scalars[stringStart], at: stringStart)
        }
        position += 1
        switch scalar {
        case "0": throw SyntaxRefusal("a string has a NUL character (`\\0`) in it")
        case "b": text.append("\u{08}")
        case "n": text.append("\n")
        case "r": text.append("\r")
        case "t": text.append("\t")
        case "Z": text.append("\u{1A}")
        // These two keep their backslash: LIKE reads it.
        case "%", "_":
            text.append("\\")
            text.append(scalar)
        case _ where scalar.properties.generalCategory == .control: throw control(scalar)
        default: text.append(scalar)
        }
    }

    private mutating func numberOrName() throws(SyntaxRefusal) -> SQLToken {
        let start = position
        if scalars[position] == "0", let marker = peek(1), marker == "x" || marker == "b" {
            position += 2
            while let scalar = peek(), isNamePart(scalar) { position += 1 }
            let digits = scalars[(start + 2)..<position]
            let isRight = digits.allSatisfy { scalar in
                marker == "b" ? scalar == "0" || scalar == "1" : scalar.properties.isASCIIHexDigit
            }
            if isRight, !digits.isEmpty { return .number(text(from: start)) }
            position = start
        }
        skipDigits()
        let wholeEnd = position
        if peek() == ".", peek(1).map(isNamePart) != true || peek(1).map(isDigit) == true {
            position += 1
            skipDigits()
        }
        if peek() == "e" || peek() == "E" {
            let mark = position
            position += 1
            if peek() == "+" || peek() == "-" { position += 1 }
            if peek().map(isDigit) == true { skipDigits() } else { position = mark }
        }
        guard let after = peek(), isNamePart(after) else { return .number(text(from: start)) }
        // A name may begin with a digit, as in `2fa_enabled`.
        guard wholeEnd == position || !scalars[wholeEnd..<position].contains(".") else {
            throw SyntaxRefusal("a number runs into a word at character \(start + 1)")
        }
        position = start
        return try name()
    }

    // MARK: Names

    private mutating func name() throws(SyntaxRefusal) -> SQLToken {
        let first = try word()
        if let quote = peek(), quote == "'" || quote == "\"",
            ["X", "B", "N"].contains(first.uppercased())
        {
            throw SyntaxRefusal(
                "\(first)\(quote)…\(quote) is a literal of a kind that is not taken",
                hint: "write a number as 0x4D or 0b01, and text as '…'"
            )
        }
        guard peekPastSpace() == "." else { return .word(first) }
        skipSpace()
        position += 1
        skipSpace()
        guard let scalar = peek(), isNamePart(scalar) else {
            if peek() == "*" {
                throw SyntaxRefusal("\(first).* stands for many columns", hint: "name one column")
            }
            throw SyntaxRefusal("no column follows \(Quoted.text(first + "."))")
        }
        let second = try word()
        guard !second.unicodeScalars.allSatisfy(isDigit) else {
            throw SyntaxRefusal("no column follows \(Quoted.text(first + "."))")
        }
        if peekPastSpace() == "." {
            throw SyntaxRefusal(
                "\(Quoted.text("\(first).\(second).…")) names another database",
                hint: "write table.column; all tables are read in the database of the connection"
            )
        }
        if peekPastSpace() == "(" {
            throw SyntaxRefusal(
                "\(Quoted.text("\(first).\(second)")) is called like a function of a database",
                hint: "use MySQL's own functions, or compute the value in a view of your own and"
                    + " name it under \"view\""
            )
        }
        return .qualified(first, second)
    }

    private mutating func word() throws(SyntaxRefusal) -> String {
        let start = position
        while let scalar = peek(), isNamePart(scalar) { position += 1 }
        let word = text(from: start)
        if let refusal = Identifier.refusal(word) {
            throw SyntaxRefusal("\(Quoted.text(word)): \(refusal.reason)", hint: refusal.hint)
        }
        return word
    }

    // MARK: Symbols

    private static let symbols: [String] = [
        "<=>", "->>", "<>", "!=", "<=", ">=", "&&", "||", "<<", ">>", "->", "=", "<", ">", "+", "-",
        "*", "/", "%", "!", "(", ")", ",", "&", "|", "^", "~",
    ]

    private mutating func symbol(_ scalar: Unicode.Scalar) throws(SyntaxRefusal) -> String {
        switch (scalar, peek(1)) {
        case ("-", "-"), ("#", _), ("/", "*"):
            let sign = scalar == "#" ? "#" : "\(scalar)\(scalar == "-" ? "-" : "*")"
            throw SyntaxRefusal(
                "a comment (`\(sign)`) stands at character \(position + 1)",
                hint: sign == "--"
                    ? "leave it out; minus a negative number is written a - (-1)"
                    : "leave it out"
            )
        case (";", _):
            throw SyntaxRefusal(
                "a statement ends (`;`) at character \(position + 1)",
                hint: "write one scalar expression"
            )
        case ("`", _):
            throw SyntaxRefusal(
                "a backtick stands at character \(position + 1)",
                hint: "write bare names; they are quoted for you"
            )
        case ("@", _):
            throw SyntaxRefusal("a variable (`@`) stands at character \(position + 1)")
        default: break
        }
        for symbol in Self.symbols where starts(with: symbol) {
            position += symbol.unicodeScalars.count
            return symbol
        }
        if scalar.properties.generalCategory == .control { throw control(scalar) }
        throw SyntaxRefusal(
            "\(Quoted.scalar(scalar)) at character \(position + 1) has no place in an expression"
        )
    }

    private func starts(with symbol: String) -> Bool {
        scalars[position...].starts(with: symbol.unicodeScalars)
    }

    // MARK: Characters

    private func control(_ scalar: Unicode.Scalar) -> SyntaxRefusal {
        SyntaxRefusal("the SQL has a control character (\(Quoted.scalar(scalar))) in it")
    }

    private func unbalanced(_ quote: Unicode.Scalar, at start: Int) -> SyntaxRefusal {
        SyntaxRefusal(
            "the quote (`\(quote)`) at character \(start + 1) is not closed",
            hint: "a quote inside a string is doubled"
        )
    }

    private func text(from start: Int) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars[start..<position])
        return String(text)
    }

    private func peek(_ ahead: Int = 0) -> Unicode.Scalar? {
        position + ahead < scalars.count ? scalars[position + ahead] : nil
    }

    private func peekPastSpace() -> Unicode.Scalar? {
        scalars[position...].first { !isSpace($0) }
    }

    private mutating func skipSpace() {
        while let scalar = peek(), isSpace(scalar) { position += 1 }
    }

    private mutating func skipDigits() {
        while let scalar = peek(), isDigit(scalar) { position += 1 }
    }

    private func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r"
    }

    private func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    /// Beyond ASCII the letters and marks of the plane that MySQL's identifiers may have.
    private func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_", "$": return true
        case "\u{80}"..."\u{FFFF}":
            switch scalar.properties.generalCategory {
            case .nonspacingMark, .spacingMark, .decimalNumber: return true
            default: return scalar.properties.isAlphabetic
            }
        default: return false
        }
    }
}
