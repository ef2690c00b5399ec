import Contract
import Mapping
import Testing

@testable import DynamoDBSink

@Suite("Small parts")
struct SmallPartsTests {
    @Test(
        "a calendar time and its seconds are each other's inverse",
        arguments: [
            (0, "19700101T000000Z"), (951_782_400, "20000229T000000Z"),
            (1_709_251_199, "20240229T235959Z"), (4_107_542_400, "21000301T000000Z"),
            (1_795_305_599, "20261121T235959Z"),
        ]
    )
    func calendar(_ seconds: Int, _ compact: String) {
        let time = CalendarTime(seconds: seconds)
        #expect(String(decoding: time.compact, as: UTF8.self) == compact)
        #expect(time.seconds == seconds)
    }

    @Test(
        "times of credential services are read, others are refused",
        arguments: [
            ("2026-11-22T10:20:30Z", 1_795_342_830), ("2026-11-22T10:20:30.123Z", 1_795_342_830),
            ("2026-11-22T10:20:30+00:00", 1_795_342_830), ("2026-11-22T10:20:30+01:00", nil),
            ("2026-11-22 10:20:30Z", nil), ("2026-13-22T10:20:30Z", nil), ("", nil),
            ("2026-11-22T10:20:3xZ", nil),
        ] as [(String, Int?)]
    )
    func iso8601(_ text: String, _ expected: Int?) {
        #expect(CalendarTime.seconds(iso8601: text) == expected)
    }

    @Test(
        "the date of an answer is read, anything else is refused",
        arguments: [
            ("Sun, 22 Nov 2026 10:20:30 GMT", 1_795_342_830), ("Sun, 22 Nov 2026 10:20:30", nil),
            ("Sun, 22 Foo 2026 10:20:30 GMT", nil), ("Sunday, 22-Nov-26 10:20:30 GMT", nil),
        ] as [(String, Int?)]
    )
    func httpDate(_ text: String, _ expected: Int?) {
        #expect(CalendarTime.seconds(httpDate: text) == expected)
    }

    @Test(
        "an endpoint is scheme, host, port and path",
        arguments: [
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000/", "127.0.0.1:8000", true),
            (
                "HTTPS://DynamoDB.eu-central-1.amazonaws.com",
                "https://dynamodb.eu-central-1.amazonaws.com/",
                "dynamodb.eu-central-1.amazonaws.com", false
            ),
            ("https://h:443/", "https://h/", "h", false),
            ("http://h:443/a/b", "http://h:443/a/b", "h:443", false),
            ("http://[::1]:8000", "http://[::1]:8000/", "[::1]:8000", true),
            ("http://localhost", "http://localhost/", "localhost", true),
            (
                "http://127.0.0.1.example.com", "http://127.0.0.1.example.com/",
                "127.0.0.1.example.com", false
            ),
        ]
    )
    func endpoint(_ url: String, _ expected: String, _ host: String, _ isLoopback: Bool) throws {
        let endpoint = try #require(Endpoint(url: url))
        #expect(endpoint.url == expected)
        #expect(endpoint.hostHeader == host)
        #expect(endpoint.isLoopback == isLoopback)
    }

    @Test(
        "what is no endpoint is refused",
        arguments: [
            "", "127.0.0.1:8000", "ftp://h", "file:///etc/passwd", "http://", "http://:8000",
            "http://user@h", "http://user:pass@h", "http://h?x=1", "http://h/#f", "http://h/a b",
            "http://h:0", "http://h:65536", "http://h:x", "http://h\r\nX: y", "http://h//x",
            "http://h/../x", "http://[::1", "http://h:", "https://h/%2e",
        ]
    )
    func notAnEndpoint(_ url: String) {
        #expect(Endpoint(url: url) == nil)
    }

    @Test("a region's own endpoint lies in the region's partition")
    func serviceEndpoint() {
        #expect(
            Endpoint.service("dynamodb", region: "eu-central-1")?.url
                == "https://dynamodb.eu-central-1.amazonaws.com/"
        )
        #expect(
            Endpoint.service("sts", region: "cn-north-1")?.url
                == "https://sts.cn-north-1.amazonaws.com.cn/"
        )
    }

    @Test(
        "a header is found whatever its case, and without the spaces around it",
        arguments: [
            ("X-Amzn-RequestId: abc\r\nDate: d\r\n", "abc"), ("x-amzn-requestid:abc", "abc"),
            ("X: x-amzn-requestid: abc\r\n", nil), ("x-amzn-requestid-2: abc\r\n", nil),
            ("x-amzn-requestid:  \t abc \r\n", "abc"), ("x-amzn-requestid:\r\n", ""), ("", nil),
        ] as [(String, String?)]
    )
    func header(_ block: String, _ expected: String?) {
        let response = HTTPResponse(status: 200, headers: Array(block.utf8), body: [])
        #expect(response.header("x-amzn-requestid") == expected)
    }

    @Test(
        "the clock is corrected only where it is off by more than five minutes",
        arguments: [
            ("Sun, 22 Nov 2026 10:20:30 GMT", 1_795_342_830 + 1_200, true, -1_200),
            ("Sun, 22 Nov 2026 10:20:30 GMT", 1_795_342_830 - 301, true, 301),
            ("Sun, 22 Nov 2026 10:20:30 GMT", 1_795_342_830 - 300, false, 0),
            ("nonsense", 0, false, 0), (nil, 0, false, 0),
        ] as [(String?, Int, Bool, Int)]
    )
    func clockSkew(_ date: String?, _ clock: Int, _ isChanged: Bool, _ seconds: Int) {
        var skew = ClockSkew()
        #expect(skew.correct(date: date, clock: clock) == isChanged)
        #expect(skew.seconds == seconds)
    }

    @Test("an item that comes back has the hash that the mapper gave it, however it is spelt")
    func itemKeyHash() throws {
        let keys = ItemKeyHash(tables: [
            ItemKeyHash.Keys(
                partition: KeyAttribute(name: "b", type: .binary),
                sort: KeyAttribute(name: "n", type: .number)
            )
        ])
        let expected = KeyHash.hash(
            partition: KeyHash.Part(type: .binary, bytes: [0, 1, 255]),
            sort: KeyHash.Part(type: .number, bytes: Array("10".utf8))
        )
        for item in [
            #"{"b":{"B":"AAH/"},"n":{"N":"10"},"x":{"S":"y"}}"#,
            #"{"n":{"N":"1E+1"},"b":{"B":"AAH/"}}"#,
        ] {
            #expect(keys.hash(try JSONParser.parse(Array(item.utf8)), table: 0) == expected)
        }
        for item in [
            #"{"b":{"B":"AAH/"}}"#, #"{"b":{"S":"AAH/"},"n":{"N":"10"}}"#,
            #"{"b":{"B":"AAH"},"n":{"N":"10"}}"#, "{}", "[]",
        ] {
            #expect(keys.hash(try JSONParser.parse(Array(item.utf8)), table: 0) == nil)
        }
        #expect(keys.hash(.object([]), table: 1) == nil)
    }

    @Test(
        "Base64 is decoded with one, two and no padding, or refused",
        arguments: [
            ("", []), ("AA==", [0]), ("AAE=", [0, 1]), ("AAH/", [0, 1, 255]), ("AAH", nil),
            ("A?==", nil),
        ] as [(String, [UInt8]?)]
    )
    func base64(_ text: String, _ expected: [UInt8]?) {
        #expect(Base64.decode(text) == expected)
    }

    @Test("timers are due in the order of their times, those of one time in theirs")
    func timers() {
        var timers = TimerQueue()
        var fired: [String] = []
        _ = timers.add(at: .seconds(2)) { fired.append("b") }
        _ = timers.add(at: .seconds(1)) { fired.append("a") }
        let cancelled = timers.add(at: .seconds(2)) { fired.append("x") }
        _ = timers.add(at: .seconds(2)) { fired.append("c") }
        timers.cancel(cancelled)
        #expect(timers.next == .seconds(1))
        #expect(timers.popDue(now: .milliseconds(999)) == nil)
        while let work = timers.popDue(now: .seconds(2)) { work() }
        #expect(fired == ["a", "b", "c"])
        #expect(timers.next == nil)
    }

    @Test("a line gives back what was put in, in its order, however long it gets")
    func deque() {
        var deque = Deque<Int>()
        var next = 0
        for number in 0..<1_000 {
            deque.append(number)
            if number % 3 != 0 {
                #expect(deque.popFirst() == next)
                next += 1
            }
        }
        #expect(deque.count == 1_000 - next)
        while let number = deque.popFirst() {
            #expect(number == next)
            next += 1
        }
        #expect(next == 1_000)
        #expect(deque.isEmpty)
    }

    @Test("CRC-32 and SHA-256 are the standard ones")
    func digests() {
        #expect(Digest.crc32(Array("123456789".utf8)) == 0xCBF4_3926)
        var hex: [UInt8] = []
        Digest.appendHex(Digest.sha256(Array("abc".utf8)), to: &hex)
        #expect(
            String(decoding: hex, as: UTF8.self)
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        )
    }
}
