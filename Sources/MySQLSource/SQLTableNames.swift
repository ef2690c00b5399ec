/// A table or view as a statement names it.
public struct QualifiedName: Sendable, Hashable {
    /// nil: the connection's own database.
    public var database: String?
    public var name: String

    public init(database: String? = nil, name: String) {
        self.database = database
        self.name = name
    }

    /// As it stands in a statement.
    var sql: String {
        (database.map { SQLText.identifier($0) + "." } ?? "") + SQLText.identifier(name)
    }

    /// As messages name it.
    var text: String { (database.map { $0 + "." } ?? "") + name }
}

/// Finds the tables that a SELECT names: whatever stands behind FROM, JOIN and the commas between.
///
/// Reads our own statements and those that the server prints of a view. May name what is no table, as
/// of `EXTRACT(YEAR FROM a.b)`, and the name of a WITH: whoever asks looks which of them exist.
struct SQLTableNames {
    private enum Token: Equatable {
        case word(String)
        case quoted(String)
        case mark(UInt8)
    }

    private static let clauseEnds: Set<String> = [
        "WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "UNION", "EXCEPT", "INTERSECT", "WINDOW",
        "SELECT", "FOR", "PROCEDURE",
    ]
    private static let joins: Set<String> = ["JOIN", "STRAIGHT_JOIN"]

    private let bytes: [UInt8]
    private var position = 0

    private init(_ sql: String) {
        bytes = Array(sql.utf8)
    }

    /// In the order in which they first occur, each once.
    static func names(in sql: String) -> [QualifiedName] {
        var scanner = SQLTableNames(sql)
        return scanner.scan()
    }

    private mutating func scan() -> [QualifiedName] {
        var names: [QualifiedName] = []
        // Whether a comma at this depth of parentheses is followed by a table.
        var listsTables = [false]
        var expectsTable = false
        while let token = nextToken() {
            switch token {
            case .mark(UInt8(ascii: "(")):
                listsTables.append(expectsTable)
            case .mark(UInt8(ascii: ")")):
                if listsTables.count > 1 { listsTables.removeLast() }
                expectsTable = false
            case .mark(let mark):
                expectsTable = mark == UInt8(ascii: ",") && listsTables[listsTables.count - 1]
            case .word(let word) where Self.joins.contains(word.uppercased()):
                expectsTable = true
            case .word(let word) where word.uppercased() == "FROM":
                listsTables[listsTables.count - 1] = true
                expectsTable = true
            case .word(let word) where Self.clauseEnds.contains(word.uppercased()):
                listsTables[listsTables.count - 1] = false
                expectsTable = false
            case .word(let word) where expectsTable && word.uppercased() == "LATERAL":
                break
            case .word(let word), .quoted(let word):
                guard expectsTable else { continue }
                expectsTable = false
                let name = rest(of: word)
                // A function that gives a table, as JSON_TABLE(…).
                if case .word = token, peek() == UInt8(ascii: "(") { continue }
                if !names.contains(name) { names.append(name) }
            }
        }
        return names
    }

    /// The name that begins with this identifier: `a`, or `a.b`.
    private mutating func rest(of first: String) -> QualifiedName {
        guard peek() == UInt8(ascii: ".") else { return QualifiedName(name: first) }
        _ = nextToken()
        switch nextToken() {
        case .word(let name), .quoted(let name): return QualifiedName(database: first, name: name)
        case .mark, nil: return QualifiedName(name: first)
        }
    }

    // MARK: Tokens

    private mutating func peek() -> UInt8? {
        skipBlanks()
        return position < bytes.count ? bytes[position] : nil
    }

    private mutating func nextToken() -> Token? {
        guard let byte = peek() else { return nil }
        switch byte {
        case UInt8(ascii: "`"):
            return .quoted(quoted(by: byte, hasEscapes: false))
        case UInt8(ascii: "'"), UInt8(ascii: "\""):
            _ = quoted(by: byte, hasEscapes: true)
            return .mark(byte)
        case _ where Self.isWordByte(byte):
            let start = position
            while position < bytes.count, Self.isWordByte(bytes[position]) { position += 1 }
            return .word(String(decoding: bytes[start..<position], as: UTF8.self))
        default:
            position += 1
            return .mark(byte)
        }
    }

    private mutating func quoted(by quote: UInt8, hasEscapes: Bool) -> String {
        var text: [UInt8] = []
        position += 1
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == quote {
                guard position < bytes.count, bytes[position] == quote else { break }
                position += 1
            } else if hasEscapes, byte == UInt8(ascii: "\\") {
                position += 1
                continue
            }
            text.append(byte)
        }
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func skipBlanks() {
        while position < bytes.count {
            if bytes[position] <= 0x20 {
                position += 1
            } else if starts(with: "/*") {
                skip(to: "*/")
            } else if starts(with: "-- ") || starts(with: "#") {
                skip(to: "\n")
            } else {
                return
            }
        }
    }

    private func starts(with text: StaticString) -> Bool {
        bytes[position...].starts(with: Array("\(text)".utf8))
    }

    private mutating func skip(to end: StaticString) {
        while position < bytes.count, !starts(with: end) { position += 1 }
        position = min(position + end.utf8CodeUnitCount, bytes.count)
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
            || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: "$") || byte >= 0x80
    }
}
