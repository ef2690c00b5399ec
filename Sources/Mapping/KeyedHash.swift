/// SipHash with one round a word, three at the end, and 128 bits of output
/// (https://www.aumasson.jp/siphash/siphash.pdf; the variant that Rust's and Swift's own tables use,
/// with the longer output): who does not know the seed cannot choose two messages of one hash.
///
/// A message is a sequence of words. Bytes are padded with zeros to whole words, so whoever combines
/// bytes combines their number before them.
struct KeyedHash {
    /// The key of the hash; one that nobody can guess keeps crafted data from colliding.
    struct Seed: Sendable, Equatable {
        var low: UInt64
        var high: UInt64
    }

    private var v0: UInt64
    private var v1: UInt64
    private var v2: UInt64
    private var v3: UInt64
    private var words: UInt64 = 0

    @inline(__always)
    init(_ seed: Seed) {
        v0 = seed.low ^ 0x736f_6d65_7073_6575
        v1 = seed.high ^ 0x646f_7261_6e64_6f6d ^ 0xee
        v2 = seed.low ^ 0x6c79_6765_6e65_7261
        v3 = seed.high ^ 0x7465_6462_7974_6573
    }

    @inline(__always)
    mutating func combine(_ word: UInt64) {
        compress(word)
        words &+= 1
    }

    @inline(__always)
    mutating func combine(_ hash: UInt128) {
        combine(UInt64(truncatingIfNeeded: hash))
        combine(UInt64(truncatingIfNeeded: hash >> 64))
    }

    @inline(__always)
    mutating func combine(_ bytes: Bytes) {
        var index = 0
        while index < bytes.count {
            let word = unsafe UInt64(littleEndian: Bytes.load(bytes.base + index))
            let left = bytes.count - index
            combine(left >= 8 ? word : word & ((1 << UInt64(left * 8)) - 1))
            index += 8
        }
    }

    /// The hash of what was combined.
    @inline(__always)
    var value: UInt128 {
        var copy = self
        copy.compress((words &* 8) << 56)
        copy.v2 ^= 0xee
        for _ in 0..<3 { copy.round() }
        let low = copy.v0 ^ copy.v1 ^ copy.v2 ^ copy.v3
        copy.v1 ^= 0xdd
        for _ in 0..<3 { copy.round() }
        let high = copy.v0 ^ copy.v1 ^ copy.v2 ^ copy.v3
        return UInt128(high) << 64 | UInt128(low)
    }

    @inline(__always)
    private mutating func compress(_ word: UInt64) {
        v3 ^= word
        round()
        v0 ^= word
    }

    @inline(__always)
    private mutating func round() {
        v0 &+= v1
        v1 = v1 << 13 | v1 >> 51
        v1 ^= v0
        v0 = v0 << 32 | v0 >> 32
        v2 &+= v3
        v3 = v3 << 16 | v3 >> 48
        v3 ^= v2
        v0 &+= v3
        v3 = v3 << 21 | v3 >> 43
        v3 ^= v0
        v2 &+= v1
        v1 = v1 << 17 | v1 >> 47
        v1 ^= v2
        v2 = v2 << 32 | v2 >> 32
    }
}
