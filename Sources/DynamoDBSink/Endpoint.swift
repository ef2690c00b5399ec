/// Where requests go: scheme, host, port and an optional path in front.
public struct Endpoint: Sendable, Equatable {
    public enum Scheme: String, Sendable {
        case http
        case https

        var port: Int { self == .http ? 80 : 443 }
    }

    public var scheme: Scheme
    /// In lowercase; an IPv6 address is in brackets.
    public var host: String
    /// 1 to 65,535.
    public var port: Int
    /// Starts with `/`; sent as it is.
    public var path: String

    /// Reads `http://127.0.0.1:8000` or `https://gateway.example.com/dynamo/`.
    ///
    /// - Returns: nil where it is no absolute http or https URL, or has more in it than a scheme,
    ///   a host, a port and a path of unreserved characters.
    public init?(url: String) {
        guard let separator = Self.range(of: "://", in: url),
            let scheme = Scheme(rawValue: url[..<separator.lowerBound].lowercased())
        else { return nil }
        let rest = url[separator.upperBound...]
        let authority = rest.prefix { $0 != "/" }
        var path = String(rest.dropFirst(authority.count))
        if path.isEmpty { path = "/" }
        guard path.utf8.allSatisfy(Self.isPathByte), !path.utf8.starts(with: "//".utf8),
            !path.split(separator: "/").contains(where: { $0 == "." || $0 == ".." })
        else { return nil }

        var host = authority
        var port = scheme.port
        if let colon = authority.lastIndex(of: ":"), authority.last != "]" {
            host = authority[..<colon]
            let digits = authority[authority.index(after: colon)...]
            guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits),
                (1...65_535).contains(number)
            else { return nil }
            port = number
        }
        guard Self.isHost(host) else { return nil }
        self.scheme = scheme
        self.host = host.lowercased()
        self.port = port
        self.path = path
    }

    /// The service's own endpoint of a region, in that region's partition.
    public static func service(_ service: String, region: String) -> Endpoint? {
        let suffix = region.utf8.starts(with: "cn-".utf8) ? "amazonaws.com.cn" : "amazonaws.com"
        return Endpoint(url: "https://\(service).\(region).\(suffix)")
    }

    /// The Host header: the port only where it is not the scheme's own.
    public var hostHeader: String { port == scheme.port ? host : "\(host):\(port)" }

    public var url: String { "\(scheme.rawValue)://\(hostHeader)\(path)" }

    /// Whether the host is this machine itself.
    public var isLoopback: Bool {
        host == "localhost" || host == "[::1]"
            || (host.utf8.starts(with: "127.".utf8)
                && host.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E })
    }

    private static func isHost(_ host: Substring) -> Bool {
        if host.first == "[" {
            return host.last == "]" && host.utf8.count > 2
                && host.dropFirst().dropLast().utf8.allSatisfy { isHexDigit($0) || $0 == 0x3A }
        }
        return !host.isEmpty
            && host.utf8.allSatisfy { isAlphanumeric($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F }
    }

    private static func isPathByte(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || "-._~/".utf8.contains(byte)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }

    private static func range(of separator: String, in text: String) -> Range<String.Index>? {
        guard let start = text.firstIndex(of: ":") else { return nil }
        let rest = text[start...]
        guard rest.hasPrefix(separator) else { return nil }
        return start..<text.index(start, offsetBy: separator.count)
    }
}
