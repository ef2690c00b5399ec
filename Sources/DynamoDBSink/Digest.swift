internal import COpenSSL
internal import CZlib

/// SHA-256, HMAC-SHA-256 and CRC-32: pure functions over bytes.
///
/// OpenSSL 3 looks an algorithm up by name at each use unless it is fetched once; these fetch once.
enum Digest {
    /// Bytes of a SHA-256 digest.
    static let length = 32

    static func sha256(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: length) { output, count in
            let done = unsafe EVP_Digest(
                bytes.baseAddress,
                bytes.count,
                output.baseAddress,
                nil,
                Algorithms.shared.sha256,
                nil
            )
            precondition(done == 1, "OpenSSL could not compute a SHA-256 digest")
            count = length
        }
    }

    static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        unsafe bytes.withUnsafeBufferPointer { unsafe sha256($0) }
    }

    static func hmac(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: length) { output, count in
            guard let context = unsafe EVP_MAC_CTX_new(Algorithms.shared.hmac) else {
                preconditionFailure("OpenSSL could not make an HMAC context")
            }
            defer { unsafe EVP_MAC_CTX_free(context) }
            var written = 0
            let done = unsafe key.withUnsafeBufferPointer { key in
                unsafe message.withUnsafeBufferPointer { message in
                    unsafe copenssl_hmac_sha256_start(context, key.baseAddress, key.count) == 1
                        && EVP_MAC_update(context, message.baseAddress, message.count) == 1
                        && EVP_MAC_final(context, output.baseAddress, &written, length) == 1
                }
            }
            precondition(done && written == length, "OpenSSL could not compute an HMAC")
            count = length
        }
    }

    /// The CRC-32 that DynamoDB sends of its answers in `x-amz-crc32`.
    static func crc32(_ bytes: [UInt8]) -> UInt32 {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            UInt32(truncatingIfNeeded: unsafe crc32_z(0, buffer.baseAddress, buffer.count))
        }
    }

    /// Appends the digest's lowercase hexadecimal digits.
    static func appendHex(_ bytes: [UInt8], to output: inout [UInt8]) {
        for byte in bytes {
            output.append(hexDigit(byte >> 4))
            output.append(hexDigit(byte & 15))
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? 0x30 + value : 0x61 + value - 10
    }
}

/// OpenSSL's algorithm objects, fetched once; OpenSSL counts references to them across threads.
@safe
private final class Algorithms: @unchecked Sendable {  // Immutable after init.
    static let shared = Algorithms()

    let sha256: OpaquePointer
    let hmac: OpaquePointer

    private init() {
        guard let sha256 = unsafe EVP_MD_fetch(nil, "SHA256", nil),
            let hmac = unsafe EVP_MAC_fetch(nil, "HMAC", nil)
        else {
            preconditionFailure("OpenSSL has no SHA-256 or HMAC: its default provider is missing")
        }
        unsafe self.sha256 = unsafe sha256
        unsafe self.hmac = unsafe hmac
    }
}
