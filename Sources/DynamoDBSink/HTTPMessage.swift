internal import Mapping

/// A request as the transport sends it.
struct HTTPRequest {
    enum Method: String {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
    }

    var method: Method = .post
    /// Absolute.
    var url: String
    /// In the order in which they are sent; values are visible ASCII.
    var headers: [(name: StaticString, value: [UInt8])]
    /// Kept alive and unchanged until the answer is there; nil is an empty body.
    var body: ByteBuffer?
}

/// An answer that arrived in full.
struct HTTPResponse: Sendable {
    var status: Int
    /// The header block as received: one line a header, without the status line.
    var headers: [UInt8]
    var body: [UInt8]

    /// The value of the first header of this name, without the spaces around it.
    ///
    /// `name`: in lowercase.
    func header(_ name: StaticString) -> String? {
        let range = unsafe headers.withUnsafeBufferPointer { headers in
            name.withUTF8Buffer { unsafe Self.value(of: $0, in: headers) }
        }
        return range.map { String(decoding: headers[$0], as: UTF8.self) }
    }

    private static func value(
        of name: UnsafeBufferPointer<UInt8>,
        in headers: UnsafeBufferPointer<UInt8>
    ) -> Range<Int>? {
        var start = 0
        while start < headers.count {
            var end = start
            while end < headers.count, unsafe headers[end] != UInt8(ascii: "\n") { end += 1 }
            let colon = start + name.count
            if colon < end, unsafe headers[colon] == UInt8(ascii: ":"),
                unsafe isName(name, at: start, of: headers)
            {
                var lower = colon + 1
                while lower < end, unsafe headers[lower] <= 0x20 { lower += 1 }
                while end > lower, unsafe headers[end - 1] <= 0x20 { end -= 1 }
                return lower..<end
            }
            start = end + 1
        }
        return nil
    }

    private static func isName(
        _ name: UnsafeBufferPointer<UInt8>,
        at start: Int,
        of headers: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        for index in 0..<name.count {
            let byte = unsafe headers[start + index]
            let isUppercase = (0x41...0x5A).contains(byte)
            if unsafe (isUppercase ? byte | 0x20 : byte) != name[index] { return false }
        }
        return true
    }
}

/// Why there was no answer.
struct TransportFailure: Error, Sendable, Equatable {
    /// What libcurl says, with the host and the system's own words.
    var message: String
    /// Whether the same request can never succeed: a certificate that does not verify, a file of
    /// certificates that cannot be read.
    var isPermanent: Bool
}
