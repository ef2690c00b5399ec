internal import CCurl

/// The header lines of one request in memory that is used again for the next: libcurl reads the
/// list while it sends, and allocates nothing of its own for it.
@safe
final class HeaderList {
    private static let linesMax = 16

    private let nodes: UnsafeMutablePointer<curl_slist>
    private var text: UnsafeMutablePointer<CChar>
    private var capacity = 2_048
    private var count = 0

    init() {
        unsafe nodes = .allocate(capacity: Self.linesMax)
        unsafe text = .allocate(capacity: capacity)
    }

    deinit {
        unsafe nodes.deallocate()
        unsafe text.deallocate()
    }

    /// Replaces the lines; the list of before is no longer valid.
    func set(_ headers: [(name: StaticString, value: [UInt8])]) {
        precondition(headers.count + 2 <= Self.linesMax, "a request has too many headers")
        var size = 64
        for (name, value) in headers { size += name.utf8CodeUnitCount + value.count + 3 }
        reserve(size)
        count = 0
        var offsets: [Int] = []
        offsets.reserveCapacity(headers.count + 2)
        // libcurl's own defaults, taken away: they cost a round trip or say nothing.
        for line: StaticString in ["Expect:", "Accept:"] {
            offsets.append(count)
            unsafe append(UnsafeBufferPointer(start: line.utf8Start, count: line.utf8CodeUnitCount))
            terminate()
        }
        for (name, value) in headers {
            offsets.append(count)
            unsafe append(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
            unsafe text[count] = CChar(UInt8(ascii: ":"))
            unsafe text[count + 1] = CChar(UInt8(ascii: " "))
            count += 2
            unsafe value.withUnsafeBufferPointer { unsafe append($0) }
            terminate()
        }
        for (index, offset) in offsets.enumerated() {
            let next = unsafe index + 1 < offsets.count ? nodes + index + 1 : nil
            unsafe (nodes + index).initialize(to: curl_slist(data: text + offset, next: next))
        }
    }

    /// Valid until the next `set`, and as long as the list lives.
    @unsafe var first: UnsafeMutablePointer<curl_slist> { unsafe nodes }

    private func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        for index in 0..<bytes.count {
            let byte = unsafe bytes[index]
            precondition(byte >= 0x20, "a header has a control character in it")
            unsafe text[count] = CChar(bitPattern: byte)
            count += 1
        }
    }

    private func terminate() {
        unsafe text[count] = 0
        count += 1
    }

    private func reserve(_ size: Int) {
        guard size > capacity else { return }
        unsafe text.deallocate()
        capacity = size * 2
        unsafe text = .allocate(capacity: capacity)
    }
}
