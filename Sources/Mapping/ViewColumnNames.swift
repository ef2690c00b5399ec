/// Hands out names that one view, or one database, can have: the server tells names apart without
/// regard to case, takes at most 64 characters, and refuses some characters.
struct ViewColumnNames {
    private var taken: Set<String> = []

    init() {}

    /// The name itself where the server can have it, else one derived from it.
    mutating func take(_ wanted: String) -> String {
        let base = SQLName.valid(wanted)
        var name = base
        var number = 2
        while !taken.insert(name.lowercased()).inserted {
            name = SQLName.valid("\(base)_\(number)")
            number += 1
        }
        return name
    }
}

/// What the server accepts as a name.
enum SQLName {
    /// The most characters of a name: https://dev.mysql.com/doc/refman/8.4/en/identifier-length.html.
    static let charactersMax = 64

    /// Replaces characters that the server refuses (NUL, those beyond the Basic Multilingual Plane,
    /// a space at the end) and control characters by `_`, and shortens what is too long: its
    /// beginning, and a hash of the whole.
    ///
    /// Equal names stay equal, and different ones different.
    static func valid(_ name: String) -> String {
        var scalars = Array(name.unicodeScalars)
        for (index, scalar) in scalars.enumerated()
        where scalar.value < 0x20 || scalar.value == 0x7F || scalar.value > 0xFFFF {
            scalars[index] = "_"
        }
        if scalars.last == " " { scalars[scalars.count - 1] = "_" }
        if scalars.isEmpty { scalars = ["_"] }
        if scalars.count > charactersMax {
            let suffix = "_" + hash(name)
            scalars =
                scalars.prefix(charactersMax - suffix.unicodeScalars.count)
                + Array(suffix.unicodeScalars)
        }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return String(text)
    }

    /// FNV-1a, 64 bits, in hexadecimal: the same in every run and build.
    private static func hash(_ text: String) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
