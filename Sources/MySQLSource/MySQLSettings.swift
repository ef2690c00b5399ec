/// How to reach the source server, and how carefully.
///
/// A plain value: `unglue` makes it from flags, environment and files; nothing below reads those.
public struct MySQLSettings: Sendable, Equatable {
    /// How the connection is protected.
    public enum TLSMode: String, Sendable, Equatable, CaseIterable {
        /// Never TLS.
        case disabled
        /// TLS where the server has it, plain text where not; no certificate is checked.
        case preferred
        /// TLS or an error; no certificate is checked.
        case required
        /// TLS, and the certificate must come from `certificateAuthorityPath`. MariaDB
        /// Connector/C 3.4 and later checks the host's name as well.
        case verifyCA = "verify-ca"
        /// TLS, a trusted certificate, and it must name the host.
        case verifyIdentity = "verify-identity"

        /// Whether a connection in plain text is an error.
        public var requiresTLS: Bool { self != .disabled && self != .preferred }
        var verifiesCertificate: Bool { self == .verifyCA || self == .verifyIdentity }
    }

    /// Name or address of the server; `localhost` is TCP too: give `unixSocket` for a socket.
    public var host: String
    public var port: UInt16
    public var user: String
    public var password: Password
    /// The database whose tables the contract names.
    public var database: String
    /// Path of a Unix socket; where it is given, `host` and `port` are not used.
    public var unixSocket: String?
    public var tlsMode: TLSMode
    /// A PEM file of trusted certificates; nil is the system's, save for `verifyCA`, which needs one.
    public var certificateAuthorityPath: String?
    /// Seconds to wait for the server to answer at all.
    public var connectTimeoutSeconds: UInt32
    /// Seconds without a byte after which a connection counts as lost, 1 to
    /// `SourceLimits.readTimeoutSecondsMax`; a slow query's first row must come within them too.
    ///
    /// nil: as long as what is read may take; see `SourceLimits.rangeReadTimeoutSeconds`.
    public var readTimeoutSeconds: UInt32?
    /// Seconds without a sign of life from the server's machine after which the kernel gives the
    /// connection up, more than `SourceLimits.keepAliveIdleSeconds`; by TCP only.
    public var deadPeerSeconds: UInt32 = SourceLimits.deadPeerSeconds
    /// Seconds in which nothing could be sent after which a connection counts as lost.
    public var writeTimeoutSeconds: UInt32

    public init(
        host: String = "127.0.0.1",
        port: UInt16 = 3306,
        user: String,
        password: Password = .none,
        database: String,
        unixSocket: String? = nil,
        tlsMode: TLSMode = .preferred,
        certificateAuthorityPath: String? = nil,
        connectTimeoutSeconds: UInt32 = SourceLimits.connectTimeoutSeconds,
        readTimeoutSeconds: UInt32? = nil,
        writeTimeoutSeconds: UInt32 = SourceLimits.writeTimeoutSeconds
    ) {
        self.host = host
        self.port = port
        self.user = user
        self.password = password
        self.database = database
        self.unixSocket = unixSocket
        self.tlsMode = tlsMode
        self.certificateAuthorityPath = certificateAuthorityPath
        self.connectTimeoutSeconds = connectTimeoutSeconds
        self.readTimeoutSeconds = readTimeoutSeconds
        self.writeTimeoutSeconds = writeTimeoutSeconds
    }

    /// The server as messages name it: `db.example.com:3306`, or the socket's path.
    public var serverName: String {
        if let unixSocket { return unixSocket }
        return host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

/// A password that no description, mirror or log line shows.
public struct Password: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// No password.
    public static let none = Password("")

    let text: String

    public init(_ text: String) {
        self.text = text
    }

    public var isEmpty: Bool { text.isEmpty }
    public var description: String { "**redacted**" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
