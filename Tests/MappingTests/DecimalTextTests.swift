import Testing

@testable import Mapping

@Suite("Decimal numbers as text")
struct DecimalTextTests {
    private static func normalised(_ text: String) -> String {
        let source = ByteBuffer(capacity: 64)
        source.append(text)
        let out = ByteBuffer(capacity: 64)
        do throws(ValueFault) {
            let size = try DecimalText(source.bytes).appendNormalised(to: out)
            return String(decoding: out.array(), as: UTF8.self) + " \(size)"
        } catch {
            return "\(error)"
        }
    }

    /// The same with arrays of digits: the point is moved, zeros are cut off, pairs are counted.
    private static func slow(_ text: String) -> String {
        var rest = Substring(text)
        let isNegative = rest.first == "-"
        if rest.first == "-" || rest.first == "+" { rest = rest.dropFirst() }
        let parts = rest.lowercased().split(separator: "e", omittingEmptySubsequences: false)
        guard parts.count <= 2 else { return "notNumber" }
        var exponent = 0
        if parts.count == 2 {
            guard let value = Int(parts[1]) else { return "notNumber" }
            exponent = value
        }
        let sides = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        guard sides.count <= 2, sides.joined().count > 0,
            sides.joined().allSatisfy({ "0123456789".contains($0) })
        else { return "notNumber" }
        var digits = sides.joined().compactMap { $0.wholeNumberValue }
        var point = sides[0].count + exponent
        while digits.first == 0 {
            digits.removeFirst()
            point -= 1
        }
        while digits.last == 0 { digits.removeLast() }
        if digits.isEmpty { return "0 1" }
        if digits.count > 38 { return "numberTooPrecise" }
        if point - 1 > 125 || point - 1 < -130 { return "numberOutOfRange" }
        var integer = "0"
        var fraction = ""
        let all = digits.map(String.init).joined()
        if point <= 0 {
            fraction = String(repeating: "0", count: -point) + all
        } else if point >= digits.count {
            integer = all + String(repeating: "0", count: point - digits.count)
        } else {
            integer = String(all.prefix(point))
            fraction = String(all.dropFirst(point))
        }
        let plain = (isNegative ? "-" : "") + integer + (fraction.isEmpty ? "" : "." + fraction)
        // Pairs of digits, aligned on the point, from the first to the last that is not zero.
        var left = integer == "0" ? "" : integer
        if left.count % 2 == 1 { left = "0" + left }
        let right = fraction.count % 2 == 1 ? fraction + "0" : fraction
        let characters = Array(left + right)
        let pairs = stride(from: 0, to: characters.count, by: 2).map {
            String(characters[$0...$0 + 1])
        }
        let first = pairs.firstIndex { $0 != "00" } ?? 0
        let last = pairs.lastIndex { $0 != "00" } ?? 0
        return plain + " \(last - first + 2 + (isNegative ? 1 : 0))"
    }

    @Test(
        "the size is about a byte for two digits",
        arguments: [
            ("0", "0 1"), ("-0", "0 1"), ("1", "1 2"), ("12", "12 2"), ("123", "123 3"),
            ("-1", "-1 3"), ("0.1", "0.1 2"), ("1.5", "1.5 3"), ("12.34", "12.34 3"),
            ("100", "100 2"), ("10", "10 2"), ("0.01", "0.01 2"), ("0.001", "0.001 2"),
            ("11111111111111111111111111111111111111", "11111111111111111111111111111111111111 20"),
        ]
    )
    func size(text: String, expected: String) {
        #expect(Self.normalised(text) == expected)
        #expect(Self.slow(text) == expected)
    }

    @Test("random numbers are as the simple normaliser has them")
    func random() {
        var random = SeededRandom(seed: 38)
        for round in 0..<6000 {
            func digits(_ count: Int, zeros: Bool) -> String {
                (0..<count).map { _ in
                    zeros && Bool.random(using: &random)
                        ? "0" : String(Int.random(in: 0...9, using: &random))
                }.joined()
            }
            let zeros = Bool.random(using: &random)
            var text = ["", "", "-", "+"].randomElement(using: &random) ?? ""
            text += digits(
                Int.random(in: 0...(round % 7 == 0 ? 45 : 12), using: &random),
                zeros: zeros
            )
            if Bool.random(using: &random) {
                text += "." + digits(Int.random(in: 0...30, using: &random), zeros: zeros)
            }
            if Int.random(in: 0...3, using: &random) == 0 {
                text += ["e", "E"].randomElement(using: &random) ?? "e"
                text += ["", "-", "+"].randomElement(using: &random) ?? ""
                text += String(Int.random(in: 0...140, using: &random))
            }
            if Int.random(in: 0...20, using: &random) == 0 {
                text += ["e", ".", "x", " ", "-"].randomElement(using: &random) ?? ""
            }
            #expect(Self.normalised(text) == Self.slow(text), "\(text)")
        }
    }
}
