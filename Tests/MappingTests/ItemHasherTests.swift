import Contract
import TestSupport
import Testing

@testable import Mapping

@Suite("Item hashes")
struct ItemHasherTests {
    private static let seed = ItemHasher.Seed(low: 1, high: 2)

    private static func fingerprint(
        _ text: String,
        keys: [String] = ["k"],
        seed: ItemHasher.Seed = seed
    ) throws -> ItemFingerprint {
        let buffer = ByteBuffer()
        buffer.append(text)
        return try ItemHasher(seed: seed, keyNames: keys)
            .fingerprint(buffer, 0..<buffer.count)
    }

    /// The hash of an item whose attribute `v` is of that value.
    private static func hash(_ value: String) throws -> UInt128 {
        try fingerprint(#"{"k":{"S":"1"},"v":\#(value)}"#).item
    }

    @Test(
        "the hash is SipHash-1-3 with 128 bits, as OpenSSL computes it",
        arguments: [
            ([UInt64](), "e77ebcb22788a5befd62db6add303001"),
            ([0x0706_0504_0302_0100], "aa12fee1d5e3dab4724f16ab35f9c799"),
            (
                [0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908],
                "d0a8d95715518eebb513b0f83d9e1793"
            ),
        ]
    )
    func vectors(words: [UInt64], expected: String) {
        var hash = KeyedHash(
            KeyedHash.Seed(low: 0x0706_0504_0302_0100, high: 0x0f0e_0d0c_0b0a_0908)
        )
        for word in words { hash.combine(word) }
        let bytes = (0..<16).map { UInt8(truncatingIfNeeded: hash.value >> ($0 * 8)) }
        let text = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(text == expected)
    }

    @Test(
        "items that DynamoDB holds for equal have one hash",
        arguments: [
            (#"{"N":"1.5"}"#, #"{"N":"1.50"}"#),
            (#"{"N":"150"}"#, #"{"N":"1.5E+2"}"#),
            (#"{"N":"0"}"#, #"{"N":"-0.000"}"#),
            (#"{"N":"-7"}"#, #"{ "N" : "-007.0" }"#),
            (#"{"S":"a/bé😀\n"}"#, #"{"S":"\u0061\/b\u00E9\ud83d\uDE00\u000a"}"#),
            (#"{"SS":["a","b","c"]}"#, #"{"SS":["c","a","\u0062"]}"#),
            (#"{"NS":["1","2.0"]}"#, #"{"NS":["2","1.00"]}"#),
            (#"{"BS":["YQ==","Yg=="]}"#, #"{"BS":["Yg==","YQ=="]}"#),
            (
                #"{"M":{"a":{"N":"1"},"b":{"L":[{"NULL":true}]}}}"#,
                #"{"M":{"b":{"L":[{"NULL":true}]},"\u0061":{"N":"1.0"}}}"#
            ),
            (#"{"L":[]}"#, #"{"L": [ ]}"#), (#"{"M":{}}"#, #"{"M": { }}"#),
        ]
    )
    func equal(one: String, other: String) throws {
        #expect(try Self.hash(one) == Self.hash(other))
        #expect(
            try Self.fingerprint(#"{"k":{"S":"1"},"v":\#(one)}"#)
                == Self.fingerprint(#"{"v":\#(other),"k":{"S":"1"}}"#)
        )
    }

    /// Values no two of which are equal.
    private static let distinct = [
        #"{"S":"1"}"#, #"{"N":"1"}"#, #"{"B":"MQ=="}"#, #"{"B":"MQ"}"#, #"{"BOOL":true}"#,
        #"{"BOOL":false}"#, #"{"NULL":true}"#, #"{"S":""}"#, #"{"B":""}"#, #"{"S":"null"}"#,
        #"{"S":"true"}"#, #"{"N":"10"}"#, #"{"N":"-1"}"#, #"{"N":"1.1"}"#, #"{"N":"0.1"}"#,
        #"{"N":"12345678901234567890123456789012345678"}"#,
        #"{"N":"12345678901234567890123456789012345679"}"#,
        #"{"N":"123456789012345678901234567890123456789"}"#,
        #"{"N":"123456789012345678901234567890123456780"}"#, #"{"N":"one"}"#,
        #"{"S":"a"}"#, #"{"S":"A"}"#, #"{"S":"a "}"#, #"{"S":"a\u0000"}"#, #"{"S":"\u00e9"}"#,
        #"{"S":"e\u0301"}"#, #"{"S":"\ud800"}"#, #"{"S":"\udc00"}"#, #"{"S":"\\ud800"}"#,
        #"{"SS":["1"]}"#, #"{"NS":["1"]}"#, #"{"BS":["MQ=="]}"#, #"{"SS":["1","2"]}"#,
        #"{"SS":["12"]}"#, #"{"SS":["1","3"]}"#, #"{"L":[{"S":"1"}]}"#, #"{"L":[]}"#, #"{"M":{}}"#,
        #"{"L":[{"S":"1"},{"S":"2"}]}"#, #"{"L":[{"S":"2"},{"S":"1"}]}"#,
        #"{"L":[{"L":[{"S":"1"}]},{"S":"2"}]}"#, #"{"L":[{"L":[{"S":"1"},{"S":"2"}]}]}"#,
        #"{"M":{"a":{"S":"1"},"b":{"S":"2"}}}"#, #"{"M":{"a":{"S":"2"},"b":{"S":"1"}}}"#,
        #"{"M":{"a":{"M":{"b":{"S":"1"}}}}}"#, #"{"M":{"a":{"M":{}},"b":{"S":"1"}}}"#,
        #"{"M":{"":{"S":"1"}}}"#, #"{"M":{"a":{"NULL":true}}}"#, #"{"M":{"ab":{"S":""}}}"#,
    ]

    @Test("every value that is another has another hash")
    func different() throws {
        var seen: [UInt128: String] = [:]
        for value in Self.distinct {
            let hash = try Self.hash(value)
            #expect(seen[hash] == nil, "\(value) and \(seen[hash] ?? "")")
            seen[hash] = value
        }
        let absent = try Self.fingerprint(#"{"k":{"S":"1"}}"#).item
        #expect(seen[absent] == nil)
    }

    @Test("values that are swapped between attributes or items are found, also in a sum of hashes")
    func swapped() throws {
        let ab = try Self.fingerprint(#"{"k":{"S":"1"},"a":{"S":"x"},"b":{"S":"y"}}"#).item
        let ba = try Self.fingerprint(#"{"k":{"S":"1"},"a":{"S":"y"},"b":{"S":"x"}}"#).item
        #expect(ab != ba)
        func sum(_ first: String, _ second: String) throws -> UInt128 {
            try Self.fingerprint(#"{"k":{"S":"1"},"v":{"S":"\#(first)"}}"#).item
                &+ Self.fingerprint(#"{"k":{"S":"2"},"v":{"S":"\#(second)"}}"#).item
        }
        #expect(try sum("x", "y") != sum("y", "x"))
    }

    @Test("the key's hash is that of its attributes, in their order, and of nothing else")
    func keys() throws {
        let keys = ["p", "s"]
        let one = try Self.fingerprint(#"{"p":{"S":"a"},"s":{"N":"1"},"v":{"S":"x"}}"#, keys: keys)
        let other = try Self.fingerprint(
            #"{"v":{"S":"y"},"s":{"N":"1.0"},"p":{"S":"\u0061"}}"#,
            keys: keys
        )
        #expect(one.key == other.key)
        #expect(one.item != other.item)
        let swapped = try Self.fingerprint(#"{"p":{"N":"1"},"s":{"S":"a"}}"#, keys: keys)
        #expect(one.key != swapped.key)
    }

    @Test("another seed gives other hashes")
    func seeds() throws {
        let text = #"{"k":{"S":"1"}}"#
        let one = try Self.fingerprint(text)
        let other = try Self.fingerprint(text, seed: ItemHasher.Seed(low: 2, high: 2))
        let random = try Self.fingerprint(text, seed: .random())
        #expect(Set([one.item, other.item, random.item]).count == 3)
        #expect(Set([one.key, other.key, random.key]).count == 3)
    }

    @Test(
        "what is no item is refused",
        arguments: [
            "", "{", "{}", "[]", #"{"k":"1"}"#, #"{"k":{"S":1}}"#, #"{"k":{"S":"1"}"#,
            #"{"k":{"S":"1"}} "#, #"{"k":{"S":"1"},}"#, #"{"k":{"S":"1"},"v":{}}"#,
            #"{"k":{"S":"1"},"v":{"X":"1"}}"#, #"{"k":{"S":"1"},"v":{"XS":["1"]}}"#,
            #"{"k":{"S":"1"},"v":{"S":"1","N":"1"}}"#, #"{"k":{"S":"1"},"v":{"BOOL":1}}"#,
            #"{"k":{"S":"1"},"v":{"BOOL":"true"}}"#, #"{"k":{"S":"1"},"v":{"NULL":null}}"#,
            #"{"k":{"S":"1"},"v":{"S":"\"}}"#, #"{"other":{"S":"1"}}"#,
        ]
    )
    func malformed(text: String) {
        #expect(throws: MalformedJSON.self) { try Self.fingerprint(text) }
    }

    @Test("an item may be as deep as DynamoDB allows, and not without end")
    func deep() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: #"{"L":["#, count: depth) + #"{"S":"x"}"#
                + String(repeating: "]}", count: depth)
        }
        #expect(try Self.hash(nested(31)) != Self.hash(nested(32)))
        #expect(throws: MalformedJSON.self) { try Self.hash(nested(5_000)) }
    }

    @Test("any item has one hash, however it is spelled", arguments: 1...40)
    func spelled(seed: Int) throws {
        var random = TestSupport.SeededRandom(seed: UInt64(seed))
        let item = try JSONParser.parse(
            Array(
                #"""
                {"k":{"S":"1"},"a":{"N":"-12.5"},"b":{"M":{"x":{"SS":["é","😀","\""]},
                 "y":{"L":[{"NS":["1","2.5"]},{"NULL":true},{"M":{"":{"S":""}}}]}}},
                 "bin":{"B":"AP8="},"flag":{"BOOL":false},"a\u0001b":{"BS":["AQ==","Ag=="]}}
                """#.utf8
            )
        )
        let plain = try Self.fingerprint(item.serialized())
        #expect(try Self.fingerprint(ItemSpelling.text(of: item, &random)) == plain)
    }

    @Test("a key is told in the words of its item")
    func keyText() throws {
        let buffer = ByteBuffer()
        buffer.append(#"[{"v":{"S":"x"},"s":{"N":"1"},"p":{ "S":"a\n"}}]"#)
        let hasher = ItemHasher(seed: Self.seed, keyNames: ["p", "s"])
        _ = try hasher.fingerprint(buffer, 1..<buffer.count - 1)
        let out = ByteBuffer()
        hasher.appendKey(of: buffer, quotedNames: [#""p""#, #""s""#], to: out)
        #expect(
            String(decoding: out.array(), as: UTF8.self)
                == #"{"p":{ "S":"a\n"},"s":{"N":"1"}}"#
        )
    }
}
