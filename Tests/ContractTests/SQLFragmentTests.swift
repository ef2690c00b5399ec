import Contract
import Testing

@Suite("SQL in a contract")
struct SQLFragmentTests {
    static let tokens: [(String, [SQLToken])] = [
        ("name", [.word("name")]),
        (" users . email ", [.qualified("users", "email")]),
        ("order.group", [.qualified("order", "group")]),
        ("2fa_enabled", [.word("2fa_enabled")]),
        ("1e5abc", [.word("1e5abc")]),
        ("größe$_1", [.word("größe$_1")]),
        ("'it''s'", [.string("it's")]),
        (#""say ""hi"" 'you'""#, [.string(#"say "hi" 'you'"#)]),
        (#"'a\'b\\c\n\t\r\b\Z\x\"'"#, [.string("a'b\\c\n\t\r\u{8}\u{1A}x\"")]),
        (#"'10\% \_'"#, [.string(#"10\% \_"#)]),
        (
            "'a -- b; /* c */ # d @e `f` SELECT (' ",
            [.string("a -- b; /* c */ # d @e `f` SELECT (")]
        ),
        ("''", [.string("")]),
        ("12", [.number("12")]), (".5", [.number(".5")]), ("1.5e-3", [.number("1.5e-3")]),
        ("0x4D", [.number("0x4D")]), ("0b01", [.number("0b01")]),
        ("-1", [.symbol("-"), .number("1")]),
        (
            "a<=>b", [.word("a"), .symbol("<=>"), .word("b")]
        ),
        (
            "a <> 1 && !b || c->>'$.x' != 'y'",
            [
                .word("a"), .symbol("<>"), .number("1"), .symbol("&&"), .symbol("!"), .word("b"),
                .symbol("||"), .word("c"), .symbol("->>"), .string("$.x"), .symbol("!="),
                .string("y"),
            ]
        ),
        (
            "DATE_ADD(created_at,\n\tINTERVAL 30 DAY)",
            [
                .word("DATE_ADD"), .symbol("("), .word("created_at"), .symbol(","),
                .word("INTERVAL"), .number("30"), .word("DAY"), .symbol(")"),
            ]
        ),
        (
            "users.id = orders.user_id",
            [.qualified("users", "id"), .symbol("="), .qualified("orders", "user_id")]
        ),
    ]

    @Test("A fragment is cut into tokens", arguments: tokens)
    func tokenises(text: String, expected: [SQLToken]) throws {
        let fragment = try SQLFragment.parse(text)
        #expect(fragment.tokens == expected)
        #expect(fragment.text == text)
    }

    @Test(
        "An expression of SQL's own functions and operators is taken",
        arguments: [
            "CONCAT(first_name, ' ', last_name)", "CASE WHEN a > 1 THEN 'x' ELSE b END",
            "CAST(price AS DECIMAL(10, 2))", "CAST(x AS CHAR(10) CHARACTER SET utf8mb4)",
            "CONVERT(name USING utf8mb4)", "TRIM(BOTH ' ' FROM name)", "EXTRACT(YEAR FROM created)",
            "SUBSTRING(name FROM 2 FOR 3)", "a BETWEEN 1 AND 2 OR b NOT IN (1, 2)",
            "name COLLATE utf8mb4_bin LIKE 'a%' ESCAPE '!'", "REPLACE(name, 'a', 'b')",
            "INSERT(name, 1, 2, 'x')", "TRUNCATE(price, 1)", "COALESCE(a.x, b.y, 0)",
            "UNIX_TIMESTAMP(created_at)", "IF(a IS NULL, 'n', 'y')", "(a + b) * -2 % 3",
            "price / (1 + tax) - 1", "JSON_UNQUOTE(JSON_EXTRACT(doc, '$.a'))", "doc->'$.a'",
            "TIMESTAMPDIFF(DAY, a, b)", "created_at + INTERVAL 1 YEAR", "flags & 4 | 2 ^ 1 << 3",
            "_utf8mb4 'x' 'y'", "ST_AsText(place)", "DATE '2024-01-31'", "count = 3", "rank > 1",
            "users.now = users.select", "NOT a", "BINARY name = 'x'", "PI()", "~a", "user",
        ]
    )
    func takes(text: String) {
        #expect(throws: Never.self) { try SQLFragment.parse(text) }
    }

    /// What a hostile or careless author may write, and why it is refused.
    static let refusals: [(String, String)] = [
        ("", "the SQL is empty: write one scalar expression"),
        (" \n", "the SQL is empty: write one scalar expression"),
        (
            "a; DROP TABLE users",
            "a statement ends (`;`) at character 2: write one scalar expression"
        ),
        (
            "a = 1 -- x",
            "a comment (`--`) stands at character 7: leave it out; minus a negative"
                + " number is written a - (-1)"
        ),
        ("a = 1 # x", "a comment (`#`) stands at character 7: leave it out"),
        ("a = 1 /* x */", "a comment (`/*`) stands at character 7: leave it out"),
        ("a = 1 /*!50000 OR 1 */", "a comment (`/*`) stands at character 7: leave it out"),
        ("`a`", "a backtick stands at character 1: write bare names; they are quoted for you"),
        ("@@version", "a variable (`@`) stands at character 1"),
        ("@a := 1", "a variable (`@`) stands at character 1"),
        ("a := 1", "`:` at character 3 has no place in an expression"),
        ("a = ?", "`?` at character 5 has no place in an expression"),
        ("{d '2024-01-01'}", "`{` at character 1 has no place in an expression"),
        ("a\\b", "`\\` at character 2 has no place in an expression"),
        ("a = 1\0", "the SQL has a control character (U+0000) in it"),
        ("'a\0b'", "the SQL has a control character (U+0000) in it"),
        (#"'a\0b'"#, "a string has a NUL character (`\\0`) in it"),
        ("a\u{1B}[2J", "the SQL has a control character (U+001B) in it"),
        ("a\u{A0}= 1", "U+00A0 at character 2 has no place in an expression"),
        ("a\u{202E}b", "U+202E at character 2 has no place in an expression"),
        (
            "a = 'x",
            "the quote (`'`) at character 5 is not closed: a quote inside a string is"
                + " doubled"
        ),
        (
            "a = \"x",
            "the quote (`\"`) at character 5 is not closed: a quote inside a string is"
                + " doubled"
        ),
        (
            #"a = 'x\'"#,
            "the quote (`'`) at character 5 is not closed: a quote inside a string is"
                + " doubled"
        ),
        (
            #"a = 'x\"#,
            "the quote (`'`) at character 5 is not closed: a quote inside a string is"
                + " doubled"
        ),
        ("(a", "a parenthesis is not closed"),
        ("a)", "a parenthesis is closed that was not opened"),
        (") OR (1 = 1", "a parenthesis is closed that was not opened"),
        ("a, b", "a comma divides several expressions: write one scalar expression"),
        (
            "a AS b",
            "\"AS\" does not belong into an expression: write one scalar expression; the"
                + " attribute's name is its alias"
        ),
        (
            "1 FROM dual",
            "\"FROM\" does not belong into an expression: write one scalar expression;"
                + " the attribute's name is its alias"
        ),
        ("(SELECT password FROM users)", statement("SELECT")),
        ("id IN (select id FROM users)", statement("select")),
        ("a = 1 UNION ALL SELECT 2", statement("UNION")),
        ("id IN (TABLE secrets)", statement("TABLE")),
        ("id IN (VALUES ROW(1))", statement("VALUES")),
        ("EXISTS (a)", statement("EXISTS")),
        ("a INTO OUTFILE '/tmp/x'", statement("INTO")),
        ("users.a INTO b", statement("INTO")),
        ("DROP", statement("DROP")), ("a LIMIT 1", statement("LIMIT")),
        ("DISTINCT a", statement("DISTINCT")),
        (
            "SUM(a) OVER (b)",
            "SUM() works on many rows, and"
                + " would make one item of them: use a \"calculation\" of type \"aggregate\" with"
                + " \"operation\": \"SUM\""
        ),
        (
            "ROW_NUMBER() OVER (b)",
            "ROW_NUMBER() works on a window of rows, and would make the server"
                + " read all of them for each"
        ),
        ("SLEEP(10)", "SLEEP() waits or takes a lock on the source"),
        ("a OR sleep (10)", "SLEEP() waits or takes a lock on the source"),
        ("BENCHMARK(1e9, MD5('a'))", "BENCHMARK() waits or takes a lock on the source"),
        ("GET_LOCK('a', 1)", "GET_LOCK() waits or takes a lock on the source"),
        ("LOAD_FILE('/etc/passwd')", "LOAD_FILE() reads a file of the server"),
        ("RAND()", "RAND() \(unstable)"), ("UUID()", "UUID() \(unstable)"),
        ("NOW()", "NOW() \(unstable)"), ("Now(6)", "NOW() \(unstable)"),
        ("CURRENT_TIMESTAMP", "CURRENT_TIMESTAMP \(unstable)"),
        ("utc_date", "UTC_DATE \(unstable)"), ("SYSDATE()", "SYSDATE() \(unstable)"),
        (
            "UNIX_TIMESTAMP()",
            "UNIX_TIMESTAMP() \(unstable): give it a column:"
                + " UNIX_TIMESTAMP(created_at)"
        ),
        ("USER()", "USER() depends on the session that asks, not on the row"),
        ("CURRENT_USER", "CURRENT_USER depends on the session that asks, not on the row"),
        ("LAST_INSERT_ID(1)", "LAST_INSERT_ID() depends on the session that asks, not on the row"),
        (
            "COUNT(*)",
            "COUNT() works on many rows, and would make one item of them: use a"
                + " \"calculation\" of type \"aggregate\" with \"operation\": \"COUNT\""
        ),
        (
            "JSON_ARRAYAGG(a)",
            "JSON_ARRAYAGG() works on many rows, and would make one item of them:"
                + " use a \"join\" of type \"json-construction\""
        ),
        (
            "my_function(a)",
            "\"my_function\" is no function known to depend on its arguments only:"
                + " use MySQL's own functions, or compute the value in a view of your own and name it"
                + " under \"view\""
        ),
        (
            "mysql.my_function(a)",
            "\"mysql.my_function\" is called like a function of a database:"
                + " use MySQL's own functions, or compute the value in a view of your own and name it"
                + " under \"view\""
        ),
        (
            "other.users.name",
            "\"other.users.…\" names another database: write table.column; all"
                + " tables are read in the database of the connection"
        ),
        ("users.*", "users.* stands for many columns: name one column"),
        ("users.", "no column follows \"users.\""), ("users.12", "no column follows \"users.\""),
        ("*", "no value stands before `*`"), ("a =", "no value stands after `=`"),
        ("= a", "no value stands before `=`"), ("a = = b", "no value stands before `=`"),
        ("(a,)", "no value stands before `)`"), ("(, a)", "no value stands before `,`"),
        (
            "users.name injected",
            "no operator stands before \"injected\": write one scalar"
                + " expression"
        ),
        ("1 2", "no operator stands before \"2\": write one scalar expression"),
        ("users.a users.b", "no operator stands before \"users.b\": write one scalar expression"),
        ("(a) (b)", "no operator stands before \"(\": write one scalar expression"),
        ("users.a 'x'", "no operator stands before \"'…'\": write one scalar expression"),
        ("1.5abc", "a number runs into a word at character 1"),
        (
            "X'4D'",
            "X'…' is a literal of a kind that is not taken: write a number as 0x4D or 0b01,"
                + " and text as '…'"
        ),
    ]

    private static let unstable =
        "gives another value at each read, so that no two runs would write the same"

    private static func statement(_ word: String) -> String {
        "\"\(word)\" does not belong into an expression: write one scalar expression, without"
            + " statement, clause or subselect; a column of this name is written with its table, as"
            + " in orders.\(word)"
    }

    @Test("More than a harmless expression is refused with the reason", arguments: refusals)
    func refuses(text: String, message: String) {
        let refusal = #expect(throws: SyntaxRefusal.self) { try SQLFragment.parse(text) }
        #expect(refusal?.description == message)
    }

    @Test("A fragment has at most 4096 bytes, and a name 64 characters")
    func limits() {
        let text = "'" + String(repeating: "x", count: 4_094) + "'"
        #expect(throws: Never.self) { try SQLFragment.parse(text) }
        let refusal = #expect(throws: SyntaxRefusal.self) { try SQLFragment.parse(text + " ") }
        #expect(
            refusal?.description
                == "the SQL has 4097 bytes; at most 4096 are taken: compute the value"
                + " in a view of your own and name it under \"view\""
        )
        let name = String(repeating: "n", count: 64)
        #expect(throws: Never.self) { try SQLFragment.parse(name) }
        let nameRefusal = #expect(throws: SyntaxRefusal.self) { try SQLFragment.parse(name + "n") }
        #expect(
            nameRefusal?.description
                == "\"\(name)n\": the name has 65 characters; MySQL takes at most 64"
        )
    }

    @Test("Deep parentheses cost no stack")
    func isDeep() {
        let text = String(repeating: "(", count: 2_000) + "a" + String(repeating: ")", count: 2_000)
        #expect(throws: Never.self) { try SQLFragment.parse(text) }
    }

    static let conditionals: [(String, Bool, String)] = [
        ("'ROOT'", true, "literal ROOT"), ("\"ROOT\"", true, "literal ROOT"),
        ("'it''s'", true, "literal it's"), ("ROOT", true, "literal ROOT"),
        ("", true, "literal "), ("''", true, "literal "), ("7", true, "literal 7"),
        ("NULL", true, "expression NULL"), ("null", false, "expression null"),
        ("true", true, "literal true"), ("TRUE", false, "expression TRUE"),
        ("parent.name", true, "expression parent.name"),
        ("CONCAT(parent.name, '!')", true, "expression CONCAT(parent.name, '!')"),
        ("name IS NULL", true, "expression name IS NULL"), ("-7", true, "expression -7"),
    ]

    @Test("A conditional's value is a literal or an expression", arguments: conditionals)
    func readsConditional(text: String, isText: Bool, expected: String) throws {
        let description: String
        switch try ConditionalValue.parse(text, isText: isText) {
        case .literal(let literal): description = "literal \(literal)"
        case .expression(let fragment): description = "expression \(fragment.text)"
        }
        #expect(description == expected)
    }

    @Test("Several words are no conditional's value")
    func refusesWords() {
        let refusal = #expect(throws: SyntaxRefusal.self) {
            try ConditionalValue.parse("Not known", isText: true)
        }
        #expect(
            refusal?.description
                == "\"Not known\" is several words: put text into single quotes, or write one SQL"
                + " expression"
        )
    }

    static let orders: [(String, [String])] = [
        ("created_at", ["created_at up"]), ("created_at DESC", ["created_at down"]),
        ("t.a asc , b desc", ["t.a up", "b down"]),
        ("IF(a, b, c) DESC, LENGTH(d)", ["IF(a, b, c) down", "LENGTH(d) up"]),
        ("desc_order", ["desc_order up"]),
    ]

    @Test("An order is a list of expressions with directions", arguments: orders)
    func readsOrder(text: String, expected: [String]) throws {
        let orders = try JSONConstruction.Order.parse(text)
        #expect(orders.map { "\($0.expression.text) \($0.descending ? "down" : "up")" } == expected)
    }

    static let orderRefusals: [(String, String)] = [
        ("", "the SQL is empty: write one scalar expression"),
        ("a,", "the SQL is empty: write one scalar expression"),
        ("a DESC DESC", statement("DESC")), ("RAND()", "RAND() \(unstable)"),
        ("a LIMIT 1", statement("LIMIT")),
        ("(a, b", "a parenthesis is not closed"),
        ("a), (b", "a parenthesis is closed that was not opened"),
    ]

    @Test("An order that is none is refused", arguments: orderRefusals)
    func refusesOrder(text: String, message: String) {
        let refusal = #expect(throws: SyntaxRefusal.self) { try JSONConstruction.Order.parse(text) }
        #expect(refusal?.description == message)
    }
}
