import TestSupport
import Testing

@testable import MySQLSource

@Suite("The texts of arrays")
struct ChildTextsTests {
    private func append(_ texts: ChildTexts, _ element: String, _ key: UInt64) -> Bool {
        var element = element
        return element.withUTF8 { unsafe texts.append($0, to: key) }
    }

    private func text(_ texts: ChildTexts, _ key: UInt64) -> String {
        unsafe String(decoding: texts.text(of: key), as: UTF8.self)
    }

    @Test("are those of a dictionary, in whatever order their elements come")
    func dictionary() {
        let texts = ChildTexts()
        #expect(!append(texts, "", 1))
        for seed in 1...20 as ClosedRange<UInt64> {
            texts.reset(bytesMax: 8 << 20)
            var random = SeededRandom(seed: seed)
            var expected: [UInt64: [String]] = [:]
            let keys = (0..<(1 + Int(seed) * 150)).map { _ in
                UInt64.random(in: 0...5000, using: &random)
            }
            for count in 0..<4000 {
                let key =
                    seed % 2 == 0
                    ? keys[count % keys.count] : keys[Int.random(in: keys.indices, using: &random)]
                let element = String(repeating: "e", count: Int.random(in: 0...9, using: &random))
                #expect(append(texts, element, key))
                expected[key, default: []].append(element)
            }
            for key in 0...5000 as ClosedRange<UInt64> {
                let elements = expected[key] ?? []
                #expect(text(texts, key) == "[" + elements.joined(separator: ",") + "]")
            }
            #expect(text(texts, .max) == "[]")
        }
    }

    @Test("are refused where there is no room, and nothing changes")
    func room() {
        let texts = ChildTexts()
        texts.reset(bytesMax: 12)
        #expect(append(texts, "abc", 1))
        #expect(append(texts, "de", 2))
        // [abc][de] has 9 bytes; the first would have to be moved to grow.
        #expect(!append(texts, "f", 1))
        #expect(append(texts, "g", 2))
        #expect(!append(texts, "hh", 2))
        #expect(text(texts, 1) == "[abc]")
        #expect(text(texts, 2) == "[de,g]")
        texts.reset(bytesMax: 12)
        #expect(text(texts, 1) == "[]")
        #expect(append(texts, "0123456789", 3))
        #expect(text(texts, 3) == "[0123456789]")
    }

    @Test("keys are numbers, by their bits")
    func numbers() {
        func number(_ text: String) -> UInt64? {
            var text = text
            return text.withUTF8 { unsafe UInt64(integerText: $0) }
        }
        #expect(number("0") == 0)
        #expect(number("00042") == 42)
        #expect(number("18446744073709551615") == .max)
        #expect(number("18446744073709551616") == nil)
        #expect(number("-1") == .max)
        #expect(number("-9223372036854775808") == 1 << 63)
        #expect(number("") == nil)
        #expect(number("-") == nil)
        #expect(number("1.0") == nil)
        #expect(number("x") == nil)
    }
}
