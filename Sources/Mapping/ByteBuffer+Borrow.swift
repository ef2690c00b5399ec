extension ByteBuffer {
    /// The bytes without a copy, for a C library that keeps the pointer for the length of a call
    /// chain.
    ///
    /// The caller keeps the buffer alive and unchanged as long as the pointer is used.
    @unsafe
    public var borrowedBytes: UnsafeBufferPointer<UInt8> {
        unsafe UnsafeBufferPointer(start: base, count: count)
    }
}
