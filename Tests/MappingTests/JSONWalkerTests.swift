import Testing

@testable import Mapping

@Suite("JSON walker")
struct JSONWalkerTests {
    private func walker(_ text: String) -> JSONWalker {
        let buffer = ByteBuffer()
        buffer.append(text)
        return JSONWalker(buffer)
    }

    @Test(
        "passes over one value of any kind, and no more",
        arguments: [
            "1", "-1.5E+2", "true", "null", #""""#, #""a\"b\\""#, "[]", "{}", "[1,[2,{}],3]",
            #"{"a":{"b":["]","}"]},"c":null}"#, #"{ "a" : [ 1 , 2 ] }"#,
        ]
    )
    func values(text: String) throws {
        var walker = walker("  " + text + " ,1")
        #expect(try walker.skip() == 2..<2 + text.utf8.count)
    }

    @Test(
        "notices what is cut short or does not match",
        arguments: ["", "  ", "[", "[1", #""a"#, #""a\""#, #"{"a":1"#, "[1}", "{]", "]", ",", ":"]
    )
    func broken(text: String) {
        #expect(throws: MalformedJSON.self) {
            var walker = walker(text)
            try walker.skip()
        }
    }

    @Test("visits members and elements")
    func visits() throws {
        var walker = walker(#"{"Items":[{"a":1},2], "Count" : 2.0, "Rest":{}}"#)
        var ranges: [Range<Int>] = []
        var count = 0.0
        try walker.members { (walker, name) throws(MalformedJSON) in
            if walker.matches(name, "Items") {
                try walker.elements { (walker) throws(MalformedJSON) in
                    ranges.append(try walker.skip())
                }
            } else if walker.matches(name, "Count") {
                count = try walker.number()
            } else {
                try walker.skip()
            }
        }
        try walker.end()
        #expect(ranges == [10..<17, 18..<19])
        #expect(count == 2)
    }

    @Test("finds a string's end wherever it lies", arguments: 0...40)
    func strings(length: Int) throws {
        let text = String(repeating: "x", count: length)
        var plain = walker("\"\(text)\"tail\"")
        let found = try plain.string()
        #expect(found.range == 1..<length + 1)
        #expect(!found.hasEscape)
        var escaped = walker("\"\(text)\\\"\(text)\"")
        let other = try escaped.string()
        #expect(other.range == 1..<2 * length + 3)
        #expect(other.hasEscape)
    }
}
