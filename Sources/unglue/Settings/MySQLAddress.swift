import MySQLSource

/// The parts of a MySQL address that one source of settings gives: a URL, an option file or the
/// configuration file.
///
/// nil where it says nothing.
struct MySQLAddress: Sendable, Equatable {
    var host: String?
    var port: UInt16?
    var unixSocket: String?
    var user: String?
    var password: Password?
    var database: String?
    var tlsMode: MySQLSettings.TLSMode?
    var certificateAuthorityPath: String?
    var readTimeoutSeconds: UInt32?

    /// What a number of seconds must be; nil: it is none.
    static func readTimeout(_ number: Int?) -> UInt32? {
        guard let number, let seconds = UInt32(exactly: number),
            (1...SourceLimits.readTimeoutSecondsMax).contains(seconds)
        else { return nil }
        return seconds
    }
}

/// What is wrong with a `mysql://` URL.
///
/// Says nothing of what stands in it: it may hold a password.
struct MySQLURLProblem: Error, Sendable, Equatable {
    var message: String
}

extension MySQLAddress {
    /// Reads `mysql://user:password@host:port/database?tls=…&ca=…&socket=…&read-timeout=…`; every part may be left
    /// out.
    ///
    /// User, password, host, database and parameters are percent-decoded.
    init(url: String) throws(MySQLURLProblem) {
        let scheme = "mysql://"
        guard url.lowercased().hasPrefix(scheme) else {
            throw MySQLURLProblem(message: "does not begin with mysql://")
        }
        guard !url.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else {
            throw MySQLURLProblem(message: "holds a space or a control character")
        }
        guard !url.contains("#") else {
            throw MySQLURLProblem(message: "holds a #, which is written %23")
        }
        var rest = url.dropFirst(scheme.count)
        if let mark = rest.firstIndex(of: "?") {
            try readParameters(rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        }
        if let slash = rest.firstIndex(of: "/") {
            let path = rest[rest.index(after: slash)...]
            guard !path.contains("/") else {
                throw MySQLURLProblem(
                    message: "has more than one / behind the host; in names write %2F"
                )
            }
            if !path.isEmpty { database = try Self.decode(path, "the database") }
            rest = rest[..<slash]
        }
        if let at = rest.lastIndex(of: "@") {
            try readAccount(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        try readHost(rest)
    }

    private mutating func readAccount(_ text: Substring) throws(MySQLURLProblem) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let name = try Self.decode(parts[0], "the user")
        if !name.isEmpty { user = name }
        if parts.count == 2 { password = Password(try Self.decode(parts[1], "the password")) }
    }

    private mutating func readHost(_ text: Substring) throws(MySQLURLProblem) {
        var name = text
        var portText: Substring?
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else {
                throw MySQLURLProblem(message: "has a [ without a ] in the host")
            }
            name = text[text.index(after: text.startIndex)..<end]
            let behind = text[text.index(after: end)...]
            guard behind.isEmpty || behind.hasPrefix(":") else {
                throw MySQLURLProblem(message: "has something between ] and the port")
            }
            portText = behind.isEmpty ? nil : behind.dropFirst()
        } else if let colon = text.firstIndex(of: ":") {
            name = text[..<colon]
            portText = text[text.index(after: colon)...]
        }
        if !name.isEmpty { host = try Self.decode(name, "the host") }
        if let portText {
            guard let number = UInt16(portText), number > 0 else {
                throw MySQLURLProblem(message: "has a port that is no number from 1 to 65535")
            }
            port = number
        }
    }

    private mutating func readParameters(_ text: Substring) throws(MySQLURLProblem) {
        for parameter in text.split(separator: "&") {
            let parts = parameter.split(
                separator: "=",
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            let value = try Self.decode(parts.count == 2 ? parts[1] : "", "a parameter")
            switch parts[0] {
            case "tls":
                guard let mode = MySQLSettings.TLSMode(rawValue: value.lowercased()) else {
                    let modes = MySQLSettings.TLSMode.allCases.map(\.rawValue)
                    throw MySQLURLProblem(
                        message: "has a tls= that is none of \(modes.joined(separator: ", "))"
                    )
                }
                tlsMode = mode
            case "ca":
                guard !value.isEmpty else { throw MySQLURLProblem(message: "has an empty ca=") }
                certificateAuthorityPath = value
            case "socket":
                guard !value.isEmpty else { throw MySQLURLProblem(message: "has an empty socket=") }
                unixSocket = value
            case "read-timeout":
                guard let seconds = Self.readTimeout(Int(value)) else {
                    throw MySQLURLProblem(
                        message: "has a read-timeout= that is no number of seconds from 1 to "
                            + "\(SourceLimits.readTimeoutSecondsMax)"
                    )
                }
                readTimeoutSeconds = seconds
            default:
                throw MySQLURLProblem(
                    message:
                        "has an unknown parameter; known are tls, ca, socket and read-timeout"
                )
            }
        }
    }

    private static func decode(
        _ text: Substring,
        _ subject: String
    ) throws(MySQLURLProblem) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexadecimal),
                let low = rest.popFirst().flatMap(hexadecimal)
            else {
                throw MySQLURLProblem(
                    message: "has a % in \(subject) that is not followed by two digits; write %25"
                )
            }
            bytes.append(high << 4 | low)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
            throw MySQLURLProblem(message: "is no valid text once \(subject) is decoded")
        }
        return decoded
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
