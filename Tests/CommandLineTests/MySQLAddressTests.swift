import MySQLSource
import Testing

@testable import unglue

@Suite("a mysql:// URL")
struct MySQLAddressTests {
    static let read: [(String, MySQLAddress)] = [
        (
            "mysql://app@db.example.com:3307/store",
            MySQLAddress(host: "db.example.com", port: 3307, user: "app", database: "store")
        ),
        ("mysql://", MySQLAddress()),
        ("MySQL:///store", MySQLAddress(database: "store")),
        ("mysql://db/", MySQLAddress(host: "db")),
        (
            "mysql://a%40b:p%3Aw%2F%25@[::1]:3306/my%20store",
            MySQLAddress(
                host: "::1",
                port: 3306,
                user: "a@b",
                password: Password("p:w/%"),
                database: "my store"
            )
        ),
        (
            "mysql://u:@h/d",
            MySQLAddress(host: "h", user: "u", password: Password(""), database: "d")
        ),
        (
            "mysql://u@h/d?tls=verify-identity&ca=%2Fetc%2Frds.pem",
            MySQLAddress(
                host: "h",
                user: "u",
                database: "d",
                tlsMode: .verifyIdentity,
                certificateAuthorityPath: "/etc/rds.pem"
            )
        ),
        (
            "mysql://u@/d?socket=/run/mysqld.sock",
            MySQLAddress(unixSocket: "/run/mysqld.sock", user: "u", database: "d")
        ),
        ("mysql://h?read-timeout=45", MySQLAddress(host: "h", readTimeoutSeconds: 45)),
        ("mysql://h/%F0%9F%92%A9", MySQLAddress(host: "h", database: "💩")),
    ]

    @Test("is taken apart and percent-decoded", arguments: read)
    func isRead(_ row: (url: String, address: MySQLAddress)) throws {
        #expect(try MySQLAddress(url: row.url) == row.address)
    }

    static let refused: [(String, String)] = [
        ("postgres://u@h/d", "does not begin with mysql://"),
        ("", "does not begin with mysql://"),
        ("mysql://u@h/a b", "holds a space or a control character"),
        ("mysql://u:p#w@h/d", "holds a #, which is written %23"),
        ("mysql://u:p/w@h/d", "has more than one / behind the host; in names write %2F"),
        ("mysql://h:0/d", "has a port that is no number from 1 to 65535"),
        ("mysql://h:65536/d", "has a port that is no number from 1 to 65535"),
        ("mysql://h:/d", "has a port that is no number from 1 to 65535"),
        ("mysql://[::1/d", "has a [ without a ] in the host"),
        ("mysql://[::1]x/d", "has something between ] and the port"),
        (
            "mysql://u:50%@h/d",
            "has a % in the password that is not followed by two digits; write %25"
        ),
        ("mysql://h/%FF", "is no valid text once the database is decoded"),
        ("mysql://h/a%00b", "is no valid text once the database is decoded"),
        (
            "mysql://h/d?tls=on",
            "has a tls= that is none of disabled, preferred, required, verify-ca, verify-identity"
        ),
        ("mysql://h/d?ca=", "has an empty ca="),
        (
            "mysql://h/d?ssl=1",
            "has an unknown parameter; known are tls, ca, socket and read-timeout"
        ),
        (
            "mysql://h/d?read-timeout=0",
            "has a read-timeout= that is no number of seconds from 1 to 86400"
        ),
        (
            "mysql://h/d?read-timeout=86401",
            "has a read-timeout= that is no number of seconds from 1 to 86400"
        ),
        (
            "mysql://h/d?read-timeout=1m",
            "has a read-timeout= that is no number of seconds from 1 to 86400"
        ),
    ]

    @Test("is refused with the reason, and nothing of it is repeated", arguments: refused)
    func isRefused(_ row: (url: String, message: String)) {
        let problem = #expect(throws: MySQLURLProblem.self) { try MySQLAddress(url: row.url) }
        #expect(problem?.message == row.message)
    }
}

@Suite("a MySQL option file")
struct OptionFileTests {
    @Test("gives what its [client] section says, quotes and escapes resolved")
    func isRead() {
        let file = OptionFile(
            Array(
                """
                # comment
                [mysqld]
                port=1
                [client]
                user = app
                password="p#w\\"x\\s"   # quoted
                host=db.example.com # behind
                port=3307
                ssl_mode=VERIFY_IDENTITY
                ssl-ca=/etc/rds.pem
                [mysql]
                user=other

                """.utf8
            ),
            name: "my.cnf"
        )
        #expect(file.problems == [])
        #expect(file.warnings == [])
        #expect(
            file.address
                == MySQLAddress(
                    host: "db.example.com",
                    port: 3307,
                    user: "app",
                    password: Password("p#w\"x "),
                    tlsMode: .verifyIdentity,
                    certificateAuthorityPath: "/etc/rds.pem"
                )
        )
    }

    @Test("says what it does not use and what it cannot understand, with the line")
    func isExplained() {
        let file = OptionFile(
            Array("!include x\n[client]\nport=many\nssl-mode=on\ncompress\n".utf8),
            name: "my.cnf"
        )
        #expect(
            file.problems == [
                "'my.cnf', line 3: port is no number from 1 to 65535",
                "'my.cnf', line 4: ssl-mode is none of DISABLED, PREFERRED, REQUIRED, VERIFY_CA, "
                    + "VERIFY_IDENTITY",
            ]
        )
        #expect(
            file.warnings == [
                "'my.cnf', line 1: !include and !includedir are not followed",
                "'my.cnf', line 5: this option of [client] is not used",
            ]
        )
    }
}
