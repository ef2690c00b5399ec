import Mapping
import MySQLSource
import Testing

@Suite("The server's version")
struct ServerVersionTests {
    private static let versions: [(String, ServerVersion?)] = [
        ("9.7.4", ServerVersion(flavour: .mysql, major: 9, minor: 7, patch: 4)),
        ("26.1", ServerVersion(flavour: .mysql, major: 26, minor: 1, patch: 0)),
        (
            "8.0.36-0ubuntu0.22.04.1",
            ServerVersion(flavour: .mysql, major: 8, minor: 0, patch: 36)
        ),
        ("5.5.5-log", ServerVersion(flavour: .mysql, major: 5, minor: 5, patch: 5)),
        (
            "10.11.19-MariaDB-0+deb12u1",
            ServerVersion(flavour: .mariadb, major: 10, minor: 11, patch: 19)
        ),
        (
            "5.5.5-10.11.2-MariaDB-log",
            ServerVersion(flavour: .mariadb, major: 10, minor: 11, patch: 2)
        ),
        ("MariaDB", nil), ("", nil), ("8", nil),
    ]

    @Test("is read from its text", arguments: versions)
    func parsed(text: String, version: ServerVersion?) {
        #expect(ServerVersion(serverText: text) == version)
    }
}

@Suite("An error of the source")
struct MySQLErrorTests {
    @Test("says what was done, to what, why it failed and what to do next")
    func described() {
        let error = MySQLError(
            code: 1146,
            sqlState: "42S02",
            operation: "read a chunk",
            subject: "db:3306 (orders)",
            message: "Table 'shop.orders' doesn't exist"
        )
        #expect(
            error.description == """
                could not read a chunk on db:3306 (orders): Table 'shop.orders' doesn't exist \
                (error 1146, SQLSTATE 42S02). Compare the contract with the database: \
                `unglue check` names what is missing.
                """
        )
    }

    @Test("shows no value that the server quotes")
    func values() {
        let error = MySQLError(
            code: 1292,
            operation: "read a chunk",
            subject: "db:3306",
            message: "Truncated incorrect DOUBLE value: 'canary' or 'so'"
        )
        #expect(error.message == "Truncated incorrect DOUBLE value: (value not shown)")
    }

    @Test(
        "knows what may be done about it",
        arguments: [
            (2006, MySQLError.Recovery.reconnect), (2013, .reconnect), (1927, .reconnect),
            (1040, .reconnect), (2003, .reconnect), (1205, .retry), (1213, .retry), (1317, .retry),
            (1969, .retry), (3024, .retry), (1045, .none), (1054, .none), (1064, .none),
            (1142, .none), (1146, .none), (1356, .none), (1412, .none), (2026, .none), (0, .none),
        ] as [(UInt32, MySQLError.Recovery)]
    )
    func recovery(code: UInt32, recovery: MySQLError.Recovery) {
        let error = MySQLError(code: code, operation: "o", subject: "s", message: "m")
        #expect(error.recovery == recovery)
        #expect(error.isRetryable == (recovery != .none))
    }

    @Test(
        "tells TLS that was refused from TLS that was cut off",
        arguments: [
            ("TLS/SSL error: Connection reset by peer (104)", true),
            ("TLS/SSL error: unexpected eof while reading", true),
            (
                "SSL connection error: error:0A000126:SSL routines::unexpected eof while reading",
                true
            ),
            ("TLS/SSL error: certificate verify failed", false),
            ("TLS/SSL error: SSL is required, but the server does not support it", false),
        ]
    )
    func handshake(message: String, isCutOff: Bool) {
        let error = MySQLError(code: 2026, operation: "o", subject: "s", message: message)
        #expect(error.recovery == (isCutOff ? .reconnect : .none))
        #expect(error.hint?.hasPrefix("TLS could not") == !isCutOff)
    }

    @Test("and the settings show no password")
    func password() {
        let settings = MySQLSettings(
            user: "u",
            password: Password("canary"),
            database: "d",
            tlsMode: .required
        )
        var dumped = ""
        dump(settings, to: &dumped)
        for text in ["\(settings)", String(reflecting: settings), dumped] {
            #expect(!text.contains("canary"))
            #expect(text.contains("required"))
        }
    }
}
