/// A borrowed run of bytes in a `ByteBuffer`, a `RowSlab` or a plan's pool.
///
/// It is valid until its owner changes: the mapper never keeps one longer than it maps a row.
/// `padding` more bytes are readable behind every run, because its owner has allocated them; loops
/// that take eight bytes at a time rely on it and then ignore what they read there.
@safe
struct Bytes {
    static let padding = 32

    let base: UnsafePointer<UInt8>
    let count: Int

    @inline(__always)
    init(base: UnsafePointer<UInt8>, count: Int) {
        unsafe self.base = base
        self.count = count
    }

    @inline(__always)
    subscript(index: Int) -> UInt8 {
        precondition(index >= 0 && index < count, "index is out of bounds")
        return unsafe base[index]
    }

    @inline(__always)
    var isEmpty: Bool { count == 0 }

    @inline(__always)
    func slice(_ lower: Int, _ upper: Int) -> Bytes {
        precondition(lower >= 0 && lower <= upper && upper <= count, "range is out of bounds")
        return unsafe Bytes(base: base + lower, count: upper - lower)
    }

    /// The byte order of two runs that are equal.
    @inline(__always)
    func equals(_ other: Bytes) -> Bool {
        guard count == other.count else { return false }
        var index = 0
        while index < count {
            let left = unsafe UInt64(littleEndian: Bytes.load(base + index))
            let right = unsafe UInt64(littleEndian: Bytes.load(other.base + index))
            let left8 = count - index
            let mask = left8 >= 8 ? UInt64.max : (1 << UInt64(left8 * 8)) - 1
            if (left ^ right) & mask != 0 { return false }
            index += 8
        }
        return true
    }

    /// Eight bytes, wherever they lie.
    @inline(__always)
    static func load(_ pointer: UnsafePointer<UInt8>) -> UInt64 {
        unsafe UnsafeRawPointer(pointer).loadUnaligned(as: UInt64.self)
    }

    @inline(__always)
    static func store(_ word: UInt64, _ pointer: UnsafeMutablePointer<UInt8>) {
        unsafe UnsafeMutableRawPointer(pointer).storeBytes(of: word, as: UInt64.self)
    }
}

/// Copies `count` bytes eight at a time; may read and write up to seven more of each.
@inline(__always)
func copyPadded(
    _ source: UnsafePointer<UInt8>,
    _ count: Int,
    to target: UnsafeMutablePointer<UInt8>
) {
    if count > 128 {
        unsafe target.update(from: source, count: count)
        return
    }
    var index = 0
    while index < count {
        unsafe Bytes.store(Bytes.load(source + index), target + index)
        index += 8
    }
}
