/// A growable run of bytes that items are written into: no copy on write, no reference counting a
/// byte, memory kept between uses.
///
/// Owned by one worker at a time, like the batch that holds it. Behind the last byte that it can
/// hold lie `Bytes.padding` more, initialised, so that words may be read and written over its end.
@safe
public final class ByteBuffer: @unchecked Sendable {  // Protected by that one owner.
    @unsafe private struct State {
        var base: UnsafeMutablePointer<UInt8>
        var capacity: Int
        var count: Int
    }

    // Behind a pointer, because accesses to a class's own variables are checked for overlap while
    // the program runs, and that took twice the time of all else. None here lasts longer than one
    // read or write.
    private let state: UnsafeMutablePointer<State>

    public init(capacity: Int = 16 * 1024) {
        let capacity = max(capacity, 64)
        unsafe state = .allocate(capacity: 1)
        unsafe state.initialize(
            to: State(base: Self.allocate(capacity), capacity: capacity, count: 0)
        )
    }

    deinit {
        unsafe state.pointee.base.deallocate()
        unsafe state.deallocate()
    }

    /// Bytes that fit before the buffer grows.
    @inline(__always)
    public var capacity: Int { unsafe state.pointee.capacity }

    /// Bytes written.
    @inline(__always)
    public private(set) var count: Int {
        get { unsafe state.pointee.count }
        set { unsafe state.pointee.count = newValue }
    }

    /// The first byte.
    ///
    /// Valid until the buffer grows.
    @inline(__always)
    var base: UnsafeMutablePointer<UInt8> { unsafe state.pointee.base }

    /// Forgets what lies behind the first `count` bytes; gives memory back when there is more of it
    /// than `bytesKeptMax`.
    public func truncate(to count: Int, bytesKeptMax: Int = .max) {
        precondition(
            count >= 0 && count <= self.count,
            "a buffer cannot be truncated to more than it holds"
        )
        self.count = count
        if capacity > bytesKeptMax, count <= bytesKeptMax { reallocate(max(bytesKeptMax, 64)) }
    }

    /// Makes room for `extra` bytes behind the last.
    @inline(__always)
    public func reserve(_ extra: Int) {
        if extra > capacity - count { grow(extra) }
    }

    @inline(__always)
    public func append(_ byte: UInt8) {
        reserve(1)
        unsafe base[count] = byte
        count += 1
    }

    public func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let start = bytes.baseAddress else { return }
        reserve(bytes.count)
        unsafe (base + count).update(from: start, count: bytes.count)
        count += bytes.count
    }

    public func append(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBufferPointer { unsafe append($0) }
    }

    /// Appends a literal: its length is known when this is compiled.
    @inline(__always)
    public func append(_ text: StaticString) {
        let length = text.utf8CodeUnitCount
        reserve(length)
        unsafe end.update(from: text.utf8Start, count: length)
        advance(length)
    }

    /// Appends text that is no literal: a literal is better off above, and would prefer this.
    @_disfavoredOverload
    public func append(_ text: String) {
        var text = text
        text.withUTF8 { unsafe append($0) }
    }

    /// Appends a range of another buffer.
    public func append(_ other: ByteBuffer, _ range: Range<Int>) {
        unsafe other.withBytes(range) { unsafe append($0) }
    }

    /// Calls `body` with the bytes of `range`; they must not escape.
    public func withBytes<Result>(
        _ range: Range<Int>,
        _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
    ) rethrows -> Result {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "range is out of bounds")
        return try unsafe body(
            UnsafeBufferPointer(start: base + range.lowerBound, count: range.count)
        )
    }

    public func withBytes<Result>(
        _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
    ) rethrows -> Result {
        try unsafe withBytes(0..<count, body)
    }

    /// A copy, for tests and rare paths.
    public func array(_ range: Range<Int>? = nil) -> [UInt8] {
        unsafe withBytes(range ?? 0..<count) { unsafe Array($0) }
    }

    /// The first byte behind the last.
    ///
    /// Valid until the buffer grows.
    @inline(__always)
    var end: UnsafeMutablePointer<UInt8> { unsafe base + count }

    /// Counts `written` bytes that a leaf function has put at `end`, where room was reserved.
    @inline(__always)
    func advance(_ written: Int) {
        assert(written >= 0 && written <= capacity - count, "more was written than was reserved")
        count += written
    }

    /// The bytes of `range`, to be read before the buffer next grows.
    @inline(__always)
    func bytes(_ range: Range<Int>) -> Bytes {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "range is out of bounds")
        return unsafe Bytes(base: base + range.lowerBound, count: range.count)
    }

    /// All bytes, to be read before the buffer next grows.
    @inline(__always)
    var bytes: Bytes { bytes(0..<count) }

    /// Appends bytes that another buffer or a slab holds.
    @inline(__always)
    func append(_ bytes: Bytes) {
        reserve(bytes.count)
        unsafe copyPadded(bytes.base, bytes.count, to: end)
        advance(bytes.count)
    }

    private func grow(_ extra: Int) {
        reallocate(max(capacity * 2, count + extra))
    }

    private func reallocate(_ newCapacity: Int) {
        let moved = unsafe Self.allocate(newCapacity)
        unsafe moved.update(from: base, count: count)
        unsafe base.deallocate()
        unsafe state.pointee.base = unsafe moved
        unsafe state.pointee.capacity = newCapacity
    }

    private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<UInt8> {
        let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity + Bytes.padding)
        unsafe memory.initialize(repeating: 0, count: capacity + Bytes.padding)
        return unsafe memory
    }
}
