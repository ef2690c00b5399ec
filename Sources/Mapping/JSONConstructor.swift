import Contract

/// The members of a `json-construction` as the mapper writes them, rendered when the plan is made.
struct JSONConstruct: Sendable {
    struct Member: Sendable {
        var kind: JSONMembers.Kind
        /// The name's UTF-8.
        var name: PlanSlice
        /// Whether JSON text has the name as it is, without an escape.
        var isPlain: Bool
        /// `"name":`, behind a comma where it is not the first.
        var nativePrefix: PlanSlice
        /// `"name": `, behind a comma and a space where it is not the first.
        var textPrefix: PlanSlice
    }

    var isArray: Bool
    var members: [Member]
}

/// A part of a plan's pool of bytes.
struct PlanSlice: Sendable, Equatable {
    var offset: Int32 = 0
    var count: Int32 = 0

    @inline(__always)
    var range: Range<Int> { Int(offset)..<(Int(offset) + Int(count)) }
}

/// Writes a `json-construction` from the server's JSON, whose members may stand in any order: as a
/// native map or list, or as JSON text that is the same from every server.
final class JSONConstructor {
    private enum Form {
        case native
        case text
    }

    /// Containers inside one another in JSON text: what MySQL itself allows.
    private static let textContainersMax = 100

    private let pool: ByteBuffer
    private let transcoder: JSONTranscoder
    /// The values of one element's members, in the server's order.
    private let values = ByteBuffer(capacity: 1024)
    private let scratch = ByteBuffer(capacity: 256)
    private let found: MemberRanges

    init(pool: ByteBuffer, transcoder: JSONTranscoder, membersMax: Int) {
        self.pool = pool
        self.transcoder = transcoder
        found = MemberRanges(capacity: membersMax)
    }

    /// Appends the content of an L or an M, with its brackets.
    /// - Returns: its size by DynamoDB's rules.
    func native(
        _ text: Bytes,
        _ construct: JSONConstruct,
        to out: ByteBuffer
    ) throws(ValueFault) -> Int {
        try document(text, construct, .native, to: out)
    }

    /// Appends JSON text: members in the contract's order, `, ` and `: ` between, numbers as the
    /// server printed them.
    func text(_ text: Bytes, _ construct: JSONConstruct, to out: ByteBuffer) throws(ValueFault) {
        _ = try document(text, construct, .text, to: out)
    }

    private func document(
        _ text: Bytes,
        _ construct: JSONConstruct,
        _ form: Form,
        to out: ByteBuffer
    ) throws(ValueFault) -> Int {
        transcoder.reset()
        var reader = JSONReader(text)
        var size = 0
        if construct.isArray {
            guard try reader.take(0x5b) else { throw transcoder.shapeFault(of: text) }
            out.append(0x5b)
            size = 3
            if try !reader.take(0x5d) {
                repeat {
                    if size > 3 { form == .native ? out.append(0x2c) : out.append(", ") }
                    if form == .native { out.append("{\"M\":") }
                    size += try object(&reader, construct, form, depth: 2, to: out) + 1
                    if form == .native { out.append(0x7d) }
                    guard size <= ItemLimits.itemBytesMax else { throw .tooLarge }
                } while try reader.takesComma(before: 0x5d)
            }
            out.append(0x5d)
        } else {
            size = try object(&reader, construct, form, depth: 1, to: out)
        }
        try reader.end()
        return size
    }

    private func object(
        _ reader: inout JSONReader,
        _ construct: JSONConstruct,
        _ form: Form,
        depth: Int,
        to out: ByteBuffer
    ) throws(ValueFault) -> Int {
        guard try reader.take(0x7b) else { throw .jsonShape }
        values.truncate(to: 0, bytesKeptMax: 1 << 20)
        let count = construct.members.count
        found.removeAll(count)
        var taken = 0
        if try !reader.take(0x7d) {
            repeat {
                let index = try member(&reader, construct, expected: taken)
                guard found[index].lower < 0 else { throw .jsonDuplicateName }
                let start = values.count
                let kind = construct.members[index].kind
                let size =
                    form == .native
                    ? try native(&reader, kind, depth: depth + 1)
                    : try text(&reader, kind)
                found[index] = MemberRanges.Place(lower: start, upper: values.count, size: size)
                taken += 1
            } while try reader.takesComma(before: 0x7d)
        }
        guard taken == count else { throw .jsonMembers }
        out.append(0x7b)
        var size = 3
        for index in 0..<count {
            let member = construct.members[index]
            let prefix = form == .native ? member.nativePrefix : member.textPrefix
            out.append(pool.bytes(prefix.range))
            let place = found[index]
            out.append(values.bytes(place.lower..<place.upper))
            size += place.size + Int(member.name.count) + 1
        }
        out.append(0x7d)
        return size
    }

    /// Takes a member's name and the colon.
    /// - Returns: the member's index in the contract's order.
    private func member(
        _ reader: inout JSONReader,
        _ construct: JSONConstruct,
        expected: Int
    ) throws(ValueFault) -> Int {
        guard try reader.peek() == 0x22 else { throw .notJSON }
        let count = construct.members.count
        var index = expected
        // Nearly always it stands there as it is: then it need not be decoded.
        for _ in 0..<count {
            if index >= count { index -= count }
            let member = construct.members[index]
            if member.isPlain, reader.take(plain: pool.bytes(member.name.range)) {
                try reader.expect(0x3a)
                return index
            }
            index += 1
        }
        scratch.truncate(to: 0, bytesKeptMax: 4096)
        _ = try reader.string(.raw, to: scratch)
        try reader.expect(0x3a)
        let name = scratch.bytes
        index = expected
        for _ in 0..<count {
            if index >= count { index -= count }
            if pool.bytes(construct.members[index].name.range).equals(name) { return index }
            index += 1
        }
        throw .jsonMembers
    }

    private func native(
        _ reader: inout JSONReader,
        _ kind: JSONMembers.Kind,
        depth: Int
    ) throws(ValueFault) -> Int {
        let byte = try reader.peek()
        switch kind {
        case .binary where byte == 0x22:
            values.append("{\"B\":\"")
            let size = try transcoder.binary(&reader, to: values)
            values.append("\"}")
            return size
        case .float where byte == 0x2d || (byte >= 0x30 && byte <= 0x39):
            scratch.truncate(to: 0)
            try FloatText.append(try reader.number(), to: scratch)
            values.append("{\"N\":\"")
            let size = try DecimalText(scratch.bytes).appendNormalised(to: values)
            values.append("\"}")
            return size
        default:
            return try transcoder.value(&reader, depth: depth, to: values)
        }
    }

    private func text(
        _ reader: inout JSONReader,
        _ kind: JSONMembers.Kind
    ) throws(ValueFault) -> Int {
        let byte = try reader.peek()
        switch kind {
        case .binary where byte == 0x22:
            values.append(0x22)
            _ = try transcoder.binary(&reader, to: values)
            values.append(0x22)
        case .float where byte == 0x2d || (byte >= 0x30 && byte <= 0x39):
            try FloatText.append(try reader.number(), to: values)
        case .double where byte == 0x2d || (byte >= 0x30 && byte <= 0x39):
            let digits = try reader.number()
            let isWhole =
                digits.count > 2 && digits[digits.count - 2] == 0x2e
                && digits[digits.count - 1] == 0x30
            values.append(isWhole ? digits.slice(0, digits.count - 2) : digits)
        default:
            try Self.text(&reader, depth: 1, to: values)
        }
        return 0
    }

    /// Any value as JSON text in the one canonical way.
    private static func text(
        _ reader: inout JSONReader,
        depth: Int,
        to out: ByteBuffer
    ) throws(ValueFault) {
        switch try reader.peek() {
        case 0x22:
            out.append(0x22)
            _ = try reader.string(.escaped, to: out)
            out.append(0x22)
        case 0x7b, 0x5b:
            try container(&reader, depth: depth, to: out)
        case 0x74:
            try reader.literal("true")
            out.append("true")
        case 0x66:
            try reader.literal("false")
            out.append("false")
        case 0x6e:
            try reader.literal("null")
            out.append("null")
        default:
            out.append(try reader.number())
        }
    }

    private static func container(
        _ reader: inout JSONReader,
        depth: Int,
        to out: ByteBuffer
    ) throws(ValueFault) {
        guard depth <= textContainersMax else { throw .jsonTooDeep }
        let isMap = try reader.take(0x7b)
        if !isMap { try reader.expect(0x5b) }
        let closing: UInt8 = isMap ? 0x7d : 0x5d
        out.append(isMap ? 0x7b : 0x5b)
        var isFirst = true
        if try !reader.take(closing) {
            repeat {
                if !isFirst { out.append(", ") }
                isFirst = false
                if isMap {
                    guard try reader.peek() == 0x22 else { throw .notJSON }
                    out.append(0x22)
                    _ = try reader.string(.escaped, to: out)
                    out.append("\": ")
                    try reader.expect(0x3a)
                }
                try text(&reader, depth: depth + 1, to: out)
            } while try reader.takesComma(before: closing)
        }
        out.append(closing)
    }
}

/// Where the members of one element lie that have been read so far.
@safe
private final class MemberRanges {
    struct Place {
        var lower: Int
        var upper: Int
        var size: Int
    }

    private let places: UnsafeMutablePointer<Place>
    private let capacity: Int

    init(capacity: Int) {
        self.capacity = max(capacity, 1)
        unsafe places = .allocate(capacity: self.capacity)
        removeAll(self.capacity)
    }

    deinit {
        unsafe places.deallocate()
    }

    /// None of the first `count` members has been read.
    func removeAll(_ count: Int) {
        for index in 0..<count { self[index] = Place(lower: -1, upper: -1, size: 0) }
    }

    subscript(index: Int) -> Place {
        get {
            precondition(index >= 0 && index < capacity, "index is out of bounds")
            return unsafe places[index]
        }
        set {
            precondition(index >= 0 && index < capacity, "index is out of bounds")
            unsafe places[index] = newValue
        }
    }
}
