import MySQLSource

/// Reads the `[client]` section of a MySQL option file.
/// https://dev.mysql.com/doc/refman/9.4/en/option-files.html
struct OptionFile: Sendable, Equatable {
    var address = MySQLAddress()
    /// What was left out and why; never a value.
    var warnings: [String] = []
    /// What cannot be understood, with its line.
    var problems: [String] = []

    /// Reads the file that messages call `name`.
    init(_ bytes: [UInt8], name: String) {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            problems.append("\(Neutral.quoted(name)) is not UTF-8 text")
            return
        }
        var isClient = false
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() {
            let line = line.trimmed
            let place = "\(Neutral.quoted(name)), line \(index + 1)"
            if line.isEmpty || line.hasPrefix("#") || line.hasPrefix(";") { continue }
            if line.hasPrefix("!") {
                warnings.append("\(place): !include and !includedir are not followed")
            } else if line.hasPrefix("[") {
                isClient = line.lowercased().hasPrefix("[client]")
            } else if isClient {
                read(line, place: place)
            }
        }
    }

    private mutating func read(_ line: String, place: String) {
        let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let key = parts[0].trimmed.lowercased().map { $0 == "_" ? "-" : $0 }
        let value = parts.count == 2 ? Self.unquote(parts[1].trimmed) : ""
        switch String(key) {
        case "user": address.user = value
        case "password": address.password = value.isEmpty ? nil : Password(value)
        case "host": address.host = value
        case "socket": address.unixSocket = value
        case "database": address.database = value
        case "ssl-ca": address.certificateAuthorityPath = value
        case "port":
            guard let port = UInt16(value), port > 0 else {
                problems.append("\(place): port is no number from 1 to 65535")
                return
            }
            address.port = port
        case "ssl-mode":
            let mode = value.lowercased().map { $0 == "_" ? "-" : $0 }
            guard let tls = MySQLSettings.TLSMode(rawValue: String(mode)) else {
                problems.append(
                    "\(place): ssl-mode is none of DISABLED, PREFERRED, REQUIRED, VERIFY_CA, "
                        + "VERIFY_IDENTITY"
                )
                return
            }
            address.tlsMode = tls
        default:
            warnings.append("\(place): this option of [client] is not used")
        }
    }

    /// Takes away quotes and a comment behind the value, and resolves the escapes that MySQL knows.
    private static func unquote(_ text: String) -> String {
        guard let quote = text.first, quote == "'" || quote == "\"" else {
            return resolveEscapes(withoutComment(text))
        }
        var body = text.dropFirst()
        var isEscaped = false
        for index in body.indices {
            if !isEscaped, body[index] == quote {
                body = body[..<index]
                break
            }
            isEscaped = !isEscaped && body[index] == "\\"
        }
        return resolveEscapes(String(body))
    }

    /// A `#` behind a space begins a comment.
    private static func withoutComment(_ text: String) -> String {
        var last: Character?
        for index in text.indices {
            if text[index] == "#", last == " " || last == "\t" || last == nil {
                return text[..<index].trimmed
            }
            last = text[index]
        }
        return text
    }

    private static func resolveEscapes(_ text: String) -> String {
        let escapes: [Character: Character] = [
            "b": "\u{8}", "t": "\t", "n": "\n", "r": "\r", "\\": "\\", "s": " ", "\"": "\"",
            "'": "'",
        ]
        var result = ""
        var rest = text[...]
        while let character = rest.popFirst() {
            guard character == "\\", let next = rest.first, let meant = escapes[next] else {
                result.append(character)
                continue
            }
            result.append(meant)
            rest.removeFirst()
        }
        return result
    }
}
