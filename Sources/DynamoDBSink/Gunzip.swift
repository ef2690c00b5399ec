internal import CZlib

/// Unpacks the body of an answer that was sent as gzip, though nobody asked for it.
enum Gunzip {
    struct Damaged: Error {}

    private static let stepBytes = 64 * 1024
    /// 32 KiB of window, and the header and trailer of gzip instead of zlib's.
    private static let gzipWindowBits: Int32 = 15 + 16

    /// - Throws: `Damaged` where the bytes are no whole gzip stream, checksum included, or hold more
    ///   than `bytesMax`.
    static func unpack(_ packed: [UInt8], bytesMax: Int) throws(Damaged) -> [UInt8] {
        var stream = unsafe z_stream()
        let size = unsafe Int32(MemoryLayout<z_stream>.size)
        guard unsafe inflateInit2_(&stream, gzipWindowBits, ZLIB_VERSION, size) == Z_OK else {
            throw Damaged()
        }
        defer { unsafe inflateEnd(&stream) }
        var packed = packed
        var step = [UInt8](repeating: 0, count: stepBytes)
        var unpacked: [UInt8] = []
        var status = Z_OK
        var taken = 0
        while status == Z_OK {
            let made = unsafe packed.withUnsafeMutableBufferPointer { packed in
                unsafe step.withUnsafeMutableBufferPointer { step in
                    unsafe stream.next_in = packed.baseAddress.map { unsafe $0 + taken }
                    unsafe stream.avail_in = UInt32(packed.count - taken)
                    unsafe stream.next_out = step.baseAddress
                    unsafe stream.avail_out = UInt32(step.count)
                    status = unsafe inflate(&stream, Z_NO_FLUSH)
                    taken = unsafe packed.count - Int(stream.avail_in)
                    return unsafe step.count - Int(stream.avail_out)
                }
            }
            unpacked += step[..<made]
            guard unpacked.count <= bytesMax else { throw Damaged() }
        }
        guard status == Z_STREAM_END, taken == packed.count else { throw Damaged() }
        return unpacked
    }
}
