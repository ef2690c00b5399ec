/// Where MySQL is and how to log in.
struct MySQLSettings: Sendable, Equatable {
    enum TLSMode: String, Sendable, Equatable, CaseIterable {
        case disabled
        case preferred
        case required
        case verifyCA = "verify-ca"
        case verifyIdentity = "verify-identity"
    }

    var host: String
    var port: UInt16
    var user: String
    var password: Secret
    var database: String
    var unixSocket: String?
    var tlsMode: TLSMode
    var certificateAuthorityPath: String?
}
