internal import COpenSSL

/// Base64 as DynamoDB's JSON has it: padded, one line.
enum Base64 {
    /// The bytes that `text` stands for.
    ///
    /// - Returns: nil where it is not Base64.
    static func decode(_ text: String) -> [UInt8]? {
        let characters = Array(text.utf8)
        guard characters.count % 4 == 0 else { return nil }
        if characters.isEmpty { return [] }
        let padding = characters.suffix(2).count { $0 == UInt8(ascii: "=") }
        var bytes = [UInt8](repeating: 0, count: characters.count / 4 * 3)
        let written = unsafe EVP_DecodeBlock(&bytes, characters, Int32(characters.count))
        guard written == bytes.count else { return nil }
        return Array(bytes.dropLast(padding))
    }
}
