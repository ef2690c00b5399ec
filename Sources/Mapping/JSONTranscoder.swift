/// JSON text to DynamoDB JSON, byte by byte: `[1, "a", null]` becomes
/// `[{"N":"1"},{"S":"a"},{"NULL":true}]`.
///
/// Holds the scratch memory that this needs.
///
/// Every function appends to `out` and answers with the size of what it wrote by DynamoDB's rules
/// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html):
/// UTF-8 for text, about a byte for two digits, 1 for a boolean or a null, 3 for a map or a list and
/// 1 more for each of its elements.
final class JSONTranscoder {
    private let names = DistinctBytes()
    private let members = DistinctBytes()
    private let scratch = ByteBuffer(capacity: 1024)

    /// The content of an L or an M, with its brackets.
    func document(_ text: Bytes, isMap: Bool, to out: ByteBuffer) throws(ValueFault) -> Int {
        reset()
        var reader = JSONReader(text)
        guard try reader.peek() == (isMap ? 0x7b : 0x5b) else {
            throw shapeFault(of: text)
        }
        let size = try container(&reader, depth: 1, to: out)
        try reader.end()
        return size
    }

    /// Forgets the names of a row that failed; to be called before the first `value` of a row.
    func reset() {
        names.removeAll()
    }

    /// Any value, with its type: `{"S":"a"}`.
    ///
    /// `depth` is the level it stands on.
    func value(
        _ reader: inout JSONReader,
        depth: Int,
        to out: ByteBuffer
    ) throws(ValueFault) -> Int {
        switch try reader.peek() {
        case 0x22:
            out.append("{\"S\":\"")
            let size = try reader.string(.escaped, to: out)
            out.append("\"}")
            return size
        case 0x7b, 0x5b:
            out.append(try reader.peek() == 0x7b ? "{\"M\":" : "{\"L\":")
            let size = try container(&reader, depth: depth, to: out)
            out.append(0x7d)
            return size
        case 0x74:
            try reader.literal("true")
            out.append("{\"BOOL\":true}")
            return 1
        case 0x66:
            try reader.literal("false")
            out.append("{\"BOOL\":false}")
            return 1
        case 0x6e:
            try reader.literal("null")
            out.append("{\"NULL\":true}")
            return 1
        default:
            let digits = try reader.number()
            out.append("{\"N\":\"")
            let size = try DecimalText(digits).appendNormalised(to: out)
            out.append("\"}")
            return size
        }
    }

    /// A map or a list whose opening bracket is next.
    private func container(
        _ reader: inout JSONReader,
        depth: Int,
        to out: ByteBuffer
    ) throws(ValueFault) -> Int {
        guard depth <= ItemLimits.containersMax else { throw .jsonTooDeep }
        let isMap = try reader.take(0x7b)
        if !isMap { try reader.expect(0x5b) }
        let closing: UInt8 = isMap ? 0x7d : 0x5d
        out.append(isMap ? 0x7b : 0x5b)
        var size = 3
        if try reader.take(closing) {
            out.append(closing)
            return size
        }
        let firstName = names.count
        repeat {
            if size > 3 { out.append(0x2c) }
            if isMap { size += try name(&reader, to: out) }
            size += try value(&reader, depth: depth + 1, to: out) + 1
            guard size <= ItemLimits.itemBytesMax else { throw .tooLarge }
        } while try reader.takesComma(before: closing)
        out.append(closing)
        guard names.areDistinct(from: firstName, in: out) else { throw .jsonDuplicateName }
        return size
    }

    private func name(_ reader: inout JSONReader, to out: ByteBuffer) throws(ValueFault) -> Int {
        guard try reader.peek() == 0x22 else { throw .notJSON }
        out.append(0x22)
        let start = out.count
        let size = try reader.string(.escaped, to: out)
        guard size > 0 else { throw .jsonEmptyName }
        // Names are equal exactly if their canonical escapes are.
        names.push(start..<out.count, of: out)
        out.append("\":")
        try reader.expect(0x3a)
        return size
    }

    /// What is wrong with text that does not begin as the type needs: another shape, or no JSON.
    func shapeFault(of text: Bytes) -> ValueFault {
        scratch.truncate(to: 0, bytesKeptMax: 1 << 20)
        var reader = JSONReader(text)
        do throws(ValueFault) {
            _ = try value(&reader, depth: 1, to: scratch)
            try reader.end()
            return .jsonShape
        } catch {
            return error
        }
    }
}

/// Sets, from JSON arrays and from SET columns.
extension JSONTranscoder {
    enum SetType {
        case strings
        case numbers
        case binaries
    }

    /// The members of a set between brackets, each once, in the order of their first appearance;
    /// `[]` if there is none, which DynamoDB refuses: the caller then leaves the attribute out.
    func set(_ text: Bytes, _ type: SetType, to out: ByteBuffer) throws(ValueFault) -> Int {
        members.removeAll()
        var reader = JSONReader(text)
        guard try reader.peek() == 0x5b else {
            throw shapeFault(of: text)
        }
        try reader.expect(0x5b)
        out.append(0x5b)
        var size = 0
        if try !reader.take(0x5d) {
            let first = out.count
            repeat {
                let start = openMember(first, out)
                let memberSize = try member(&reader, type, to: out)
                size += closeMember(start, memberSize, out)
                guard size <= ItemLimits.itemBytesMax else { throw .tooLarge }
            } while try reader.takesComma(before: 0x5d)
        }
        try reader.end()
        out.append(0x5d)
        return size
    }

    /// The same from the text of a SET column: members joined by commas, which they cannot hold.
    func set(
        column text: Bytes,
        _ type: SetType,
        to out: ByteBuffer
    ) throws(ValueFault) -> Int {
        members.removeAll()
        out.append(0x5b)
        let first = out.count
        var size = 0
        var lower = text.isEmpty ? 1 : 0
        while lower <= text.count {
            var upper = lower
            while upper < text.count, text[upper] != 0x2c { upper += 1 }
            let part = text.slice(lower, upper)
            let start = openMember(first, out)
            var memberSize = part.count
            switch type {
            case .strings: try UTF8Text.append(escaped: part, to: out)
            case .numbers: memberSize = try DecimalText(part).appendNormalised(to: out)
            case .binaries: Base64Text.append(encoded: part, to: out)
            }
            size += closeMember(start, memberSize, out)
            lower = upper + 1
        }
        out.append(0x5d)
        return size
    }

    private func member(
        _ reader: inout JSONReader,
        _ type: SetType,
        to out: ByteBuffer
    ) throws(ValueFault) -> Int {
        let byte = try reader.peek()
        switch type {
        case .strings:
            guard byte == 0x22 else { throw Self.memberFault(byte) }
            return try reader.string(.escaped, to: out)
        case .numbers:
            guard byte == 0x2d || (byte >= 0x30 && byte <= 0x39) else {
                throw Self.memberFault(byte)
            }
            return try DecimalText(try reader.number()).appendNormalised(to: out)
        case .binaries:
            guard byte == 0x22 else { throw Self.memberFault(byte) }
            return try binary(&reader, to: out)
        }
    }

    /// What is wrong with a member that begins with `byte`: another type, or no JSON at all.
    private static func memberFault(_ byte: UInt8) -> ValueFault {
        switch byte {
        case 0x22, 0x2d, 0x30...0x39, 0x5b, 0x7b, 0x66, 0x6e, 0x74: .setMember
        default: .notJSON
        }
    }

    /// A JSON string of base64, checked and written again as base64.
    /// - Returns: the number of bytes that it stands for.
    func binary(_ reader: inout JSONReader, to out: ByteBuffer) throws(ValueFault) -> Int {
        scratch.truncate(to: 0, bytesKeptMax: 1 << 20)
        _ = try reader.string(.raw, to: scratch)
        let middle = scratch.count
        // Decoding reserves before it reads, so that its input stays where it is.
        scratch.reserve(middle + 16)
        try Base64Text.append(decoded: scratch.bytes(0..<middle), to: scratch)
        let decoded = scratch.bytes(middle..<scratch.count)
        Base64Text.append(encoded: decoded, to: out)
        return decoded.count
    }

    private func openMember(_ first: Int, _ out: ByteBuffer) -> Int {
        let start = out.count
        if start > first { out.append(0x2c) }
        out.append(0x22)
        return start
    }

    /// - Returns: the member's size; 0 if it was there already and has been taken back.
    private func closeMember(_ start: Int, _ size: Int, _ out: ByteBuffer) -> Int {
        // The comma is left out of the comparison.
        let lower = unsafe out.base[start] == 0x2c ? start + 1 : start
        out.append(0x22)
        guard members.insert(lower..<out.count, of: out) else {
            out.truncate(to: start)
            return 0
        }
        return size
    }
}
