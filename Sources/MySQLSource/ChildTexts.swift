/// The JSON text of every array of a chunk, by the key of the row that it belongs to.
///
/// Filled element by element; memory is kept from chunk to chunk. Belongs to one reader.
@safe
final class ChildTexts {
    /// A row's array; `length` 0: the slot is free.
    private struct Slot {
        var key: UInt64
        var offset: UInt32
        var length: UInt32
    }

    @unsafe private struct State {
        var base: UnsafeMutablePointer<UInt8>
        var capacity: Int
        var count = 0
        var slots: UnsafeMutablePointer<Slot>
        /// A power of two.
        var slotCount: Int
        var used = 0
        /// Slot of the array that was added to last; its text is the last one.
        var last = -1
        var bytesMax = 0
        /// Bytes of arrays that were copied elsewhere to grow, and so take room twice.
        var movedBytes = 0
    }

    private static let emptyArray: StaticString = "[]"
    private static let bytesKeptMax = 1 << 20
    /// 1 MiB of them.
    private static let slotsKeptMax = 1 << 16
    private static let free = Slot(key: 0, offset: 0, length: 0)

    // Behind a pointer for the same reason as in `ByteBuffer`.
    private let state: UnsafeMutablePointer<State>

    /// Has no room before its first `reset`.
    init() {
        let slots = UnsafeMutablePointer<Slot>.allocate(capacity: 1024)
        unsafe slots.initialize(repeating: Self.free, count: 1024)
        unsafe state = .allocate(capacity: 1)
        unsafe state.initialize(
            to: State(
                base: .allocate(capacity: 4096),
                capacity: 4096,
                slots: slots,
                slotCount: 1024
            )
        )
    }

    deinit {
        unsafe state.pointee.base.deallocate()
        unsafe state.pointee.slots.deallocate()
        unsafe state.deallocate()
    }

    /// Forgets everything; keeps the memory, but for what is more than a chunk commonly takes.
    ///
    /// - Parameter bytesMax: bytes of text that are kept at most from now on, below 4 GiB.
    func reset(bytesMax: Int) {
        precondition(bytesMax >= 0 && bytesMax < Int(UInt32.max), "offsets have 32 bits")
        if unsafe state.pointee.used > 0 {
            unsafe state.pointee.slots.update(
                repeating: Self.free,
                count: state.pointee.slotCount
            )
        }
        unsafe state.pointee.count = 0
        unsafe state.pointee.movedBytes = 0
        unsafe state.pointee.used = 0
        if unsafe state.pointee.capacity > Self.bytesKeptMax { reallocateBytes(Self.bytesKeptMax) }
        if unsafe state.pointee.slotCount > Self.slotsKeptMax { reallocateSlots(Self.slotsKeptMax) }
        unsafe state.pointee.last = -1
        unsafe state.pointee.bytesMax = bytesMax
    }

    /// Adds an element behind those that the row of this key has.
    ///
    /// - Returns: false where there is no room for it; then nothing was added.
    func append(_ element: UnsafeBufferPointer<UInt8>, to key: UInt64) -> Bool {
        let slot = slot(of: key)
        if unsafe state.pointee.slots[slot].length == 0 {
            guard hasRoom(element.count + 2) else { return false }
            unsafe state.pointee.slots[slot] = Slot(
                key: key,
                offset: UInt32(truncatingIfNeeded: state.pointee.count),
                length: 1
            )
            unsafe state.pointee.used += 1
            put(UInt8(ascii: "["))
        } else {
            let isLast = unsafe slot == state.pointee.last
            let moved = unsafe isLast ? 0 : Int(state.pointee.slots[slot].length)
            guard hasRoom(moved + element.count + 1) else { return false }
            if !isLast { moveToEnd(slot) }
            // In the place of the bracket that closed it.
            unsafe state.pointee.count -= 1
            put(UInt8(ascii: ","))
        }
        if let start = element.baseAddress {
            unsafe (state.pointee.base + state.pointee.count).update(
                from: start,
                count: element.count
            )
            unsafe state.pointee.count += element.count
        }
        put(UInt8(ascii: "]"))
        let offset = unsafe Int(state.pointee.slots[slot].offset)
        unsafe state.pointee.slots[slot].length = UInt32(
            truncatingIfNeeded: state.pointee.count - offset
        )
        unsafe state.pointee.last = slot
        if unsafe state.pointee.used * 2 > state.pointee.slotCount { growSlots() }
        return true
    }

    /// The array of the row with this key; valid until the next call.
    func text(of key: UInt64) -> UnsafeBufferPointer<UInt8> {
        let slot = unsafe state.pointee.slots[slot(of: key)]
        guard slot.length > 0 else {
            return unsafe UnsafeBufferPointer(
                start: Self.emptyArray.utf8Start,
                count: Self.emptyArray.utf8CodeUnitCount
            )
        }
        return unsafe UnsafeBufferPointer(
            start: state.pointee.base + Int(slot.offset),
            count: Int(slot.length)
        )
    }

    /// Whether arrays had to be copied elsewhere to grow.
    var hasMoved: Bool { unsafe state.pointee.movedBytes > 0 }

    /// Bytes of text that are kept now, moved ones included.
    var byteCount: Int { unsafe state.pointee.count }

    // MARK: Bytes

    @inline(__always)
    private func hasRoom(_ extra: Int) -> Bool {
        let needed = unsafe state.pointee.count + extra
        guard unsafe needed <= state.pointee.bytesMax else { return false }
        if unsafe needed > state.pointee.capacity { growBytes(needed) }
        return true
    }

    private func growBytes(_ needed: Int) {
        reallocateBytes(
            unsafe max(needed, min(state.pointee.capacity * 2, state.pointee.bytesMax))
        )
    }

    private func reallocateBytes(_ capacity: Int) {
        let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        unsafe moved.update(from: state.pointee.base, count: state.pointee.count)
        unsafe state.pointee.base.deallocate()
        unsafe state.pointee.base = unsafe moved
        unsafe state.pointee.capacity = capacity
    }

    @inline(__always)
    private func put(_ byte: UInt8) {
        unsafe state.pointee.base[state.pointee.count] = byte
        unsafe state.pointee.count += 1
    }

    /// Copies an array behind all others, where it can grow; its old place is lost until `reset`.
    private func moveToEnd(_ slot: Int) {
        let (old, base) = unsafe (state.pointee.slots[slot], state.pointee.base)
        let count = unsafe state.pointee.count
        unsafe (base + count).update(from: base + Int(old.offset), count: Int(old.length))
        unsafe state.pointee.slots[slot].offset = UInt32(truncatingIfNeeded: count)
        unsafe state.pointee.count += Int(old.length)
        unsafe state.pointee.movedBytes += Int(old.length)
    }

    // MARK: Slots

    /// The slot with this key, or the free one that it would get.
    @inline(__always)
    private func slot(of key: UInt64) -> Int {
        let mask = unsafe state.pointee.slotCount - 1
        // Keys come mostly one after another, and so do their slots then; what lies further apart is
        // spread by Fibonacci hashing.
        let block = (key >> 8) &* 0x9E37_79B9_7F4A_7C15
        var slot = Int(truncatingIfNeeded: (block >> 40) &+ key) & mask
        while unsafe state.pointee.slots[slot].length != 0,
            unsafe state.pointee.slots[slot].key != key
        {
            slot = (slot + 1) & mask
        }
        return slot
    }

    private func growSlots() {
        reallocateSlots(unsafe state.pointee.slotCount * 2)
    }

    private func reallocateSlots(_ slotCount: Int) {
        let (old, oldCount) = unsafe (state.pointee.slots, state.pointee.slotCount)
        let last = unsafe state.pointee.last
        let lastKey = unsafe last < 0 ? 0 : old[last].key
        let slots = UnsafeMutablePointer<Slot>.allocate(capacity: slotCount)
        unsafe slots.initialize(repeating: Self.free, count: slotCount)
        unsafe state.pointee.slots = unsafe slots
        unsafe state.pointee.slotCount = slotCount
        for index in 0..<oldCount where unsafe old[index].length != 0 {
            let slot = unsafe slot(of: old[index].key)
            unsafe slots[slot] = unsafe old[index]
        }
        unsafe old.deallocate()
        if last >= 0 { unsafe state.pointee.last = slot(of: lastKey) }
    }
}

/// Memory for the arrays of one chunk, whichever entity's it is.
final class ChildTextPool {
    private var all: [ChildTexts] = []

    /// As many as an entity has arrays; the next one gets the same.
    func texts(_ count: Int) -> ArraySlice<ChildTexts> {
        while all.count < count { all.append(ChildTexts()) }
        return all[..<count]
    }
}

extension UInt64 {
    /// The number that a cell of an integer column prints, by its bits; nil for anything else.
    ///
    /// Two columns of the same sign have the same bits for the same number.
    @inline(__always)
    init?(integerText text: UnsafeBufferPointer<UInt8>) {
        var magnitude: UInt64 = 0
        var index = 0
        let isNegative = unsafe text.first == UInt8(ascii: "-")
        if isNegative { index = 1 }
        guard index < text.count else { return nil }
        // So many digits cannot overflow.
        let safeEnd = Swift.min(text.count, 18)
        while index < safeEnd {
            let digit = unsafe text[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            magnitude = magnitude &* 10 &+ UInt64(digit)
            index += 1
        }
        while index < text.count {
            let digit = unsafe text[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            let (product, hasOverflown) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, isTooLarge) = product.addingReportingOverflow(UInt64(digit))
            guard !hasOverflown, !isTooLarge else { return nil }
            magnitude = sum
            index += 1
        }
        self = isNegative ? 0 &- magnitude : magnitude
    }
}
