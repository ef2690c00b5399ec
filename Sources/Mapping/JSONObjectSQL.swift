internal import Contract

/// The SQL of an object's JSON text, made of members whose SQL is known.
///
/// Where every member's value is a number, a date or a text, CONCAT puts the text together: with
/// JSON_OBJECT, which builds a tree and prints it, a row with an array of such objects costs MySQL 12 to
/// 18 % more.
struct JSONObjectSQL {
    struct Member {
        var name: String
        /// The value as JSON_OBJECT takes it.
        var sql: String
        /// What the value's JSON text is made of; nil: only JSON_OBJECT knows how.
        var text: Text?
        var isNullable: Bool
    }

    enum Text {
        /// The server's text of a number.
        case number
        /// A text that JSON has nothing to escape in: a date.
        case plain
        case escaped
    }

    /// The literals and expressions that CONCAT takes, two literals never side by side.
    private enum Piece {
        case literal(String)
        case expression(String)
    }

    let members: [Member]
    /// Whether the object may be larger than `max_allowed_packet`, where JSON_OBJECT is NULL.
    let canOverflow: Bool

    /// Where the server cannot make it, it is no JSON (`?`), so that the row is rejected instead of
    /// losing the object.
    var sql: String {
        guard let pieces else {
            let arguments = members.map { "\(SQLText.literal($0.name)), \($0.sql)" }
            let object = "JSON_OBJECT(\(arguments.joined(separator: ", ")))"
            return canOverflow ? "IFNULL(\(object), '?')" : object
        }
        let arguments = pieces.map { piece in
            switch piece {
            case .literal(let text): SQLText.literal(text)
            case .expression(let sql): sql
            }
        }
        return "IFNULL(CONCAT(\(arguments.joined(separator: ", "))), '?')"
    }

    /// nil where JSON_OBJECT must do it.
    private var pieces: [Piece]? {
        // A value of megabytes is NULL where the server cannot quote it, which is not an absent one.
        guard !members.isEmpty, !canOverflow else { return nil }
        var pieces: [Piece] = []
        var literal = "{"
        for member in members {
            guard let text = member.text else { return nil }
            literal += JSONValue.string(member.name).serialized() + ":"
            switch (text, member.isNullable) {
            case (.number, false):
                pieces += [.literal(literal), .expression(member.sql)]
                literal = ""
            case (.number, true):
                pieces += [.literal(literal), .expression("IFNULL(\(member.sql), 'null')")]
                literal = ""
            case (.plain, false):
                pieces += [.literal(literal + "\""), .expression(member.sql)]
                literal = "\""
            case (.plain, true):
                let quoted = "CONCAT('\"', \(member.sql), '\"')"
                pieces += [.literal(literal), .expression("IFNULL(\(quoted), 'null')")]
                literal = ""
            case (.escaped, false):
                pieces += [.literal(literal), .expression("JSON_QUOTE(\(member.sql))")]
                literal = ""
            case (.escaped, true):
                pieces += [
                    .literal(literal),
                    // MariaDB quotes no text with a byte that its character set does not have: that
                    // is NULL too, but not an absent value.
                    .expression("IF(\(member.sql) IS NULL, 'null', JSON_QUOTE(\(member.sql)))"),
                ]
                literal = ""
            }
            literal += ","
        }
        return pieces + [.literal(literal.dropLast() + "}")]
    }
}
