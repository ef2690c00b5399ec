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
        name.withUTF8Buffer { wanted in
            for line in headers.split(separator: UInt8(ascii: "\n")) {
                guard line.count > wanted.count,
                    line[line.startIndex + wanted.count] == UInt8(ascii: ":"),
                    unsafe zip(line, wanted).allSatisfy({ $0.0 | Self.caseBit($0.0) == $0.1 })
                else { continue }
                let value = line.dropFirst(wanted.count + 1).drop { $0 == 0x20 || $0 == 0x09 }
                let end = value.lastIndex { $0 > 0x20 }.map { $0 + 1 } ?? value.startIndex
                return String(decoding: value[..<end], as: UTF8.self)
            }
            return nil
        }
    }

    private static func caseBit(_ byte: UInt8) -> UInt8 {
        (0x41...0x5A).contains(byte) ? 0x20 : 0
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
