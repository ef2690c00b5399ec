/// What stands for an item when two tables are compared: 128 bits of its key and 128 of all of it.
public struct ItemFingerprint: Sendable, Equatable {
    public var key: UInt128
    public var item: UInt128

    public init(key: UInt128, item: UInt128) {
        self.key = key
        self.item = item
    }
}

/// Hashes items, given as DynamoDB JSON, such that two have one hash if and only if DynamoDB holds
/// them for equal, but for one pair in 2^128.
///
/// The order of attributes, of a map's members and of a set's elements does not matter, nor does
/// how a number or a string is spelled (`1.50` and `1.5`, `\u0041` and `A`); the type, the order of
/// a list and every digit do. Nothing is built: the item's bytes are walked over once.
///
/// The seed is drawn at random for each comparison, so that no data can be made to collide. One
/// worker's own: it holds scratch memory.
public final class ItemHasher {
    /// What all hashers of one comparison share.
    public struct Seed: Sendable {
        let value: KeyedHash.Seed

        /// A seed that nobody knows.
        public static func random() -> Seed {
            var generator = SystemRandomNumberGenerator()
            return Seed(low: generator.next(), high: generator.next())
        }

        public init(low: UInt64, high: UInt64) {
            value = KeyedHash.Seed(low: low, high: high)
        }
    }

    /// Where an attribute of an item lies, and its hash.
    public struct Attribute: Sendable {
        /// Between the quotes, as written.
        public var name: Range<Int>
        public var value: Range<Int>
        public var hash: UInt128
    }

    private enum Tag {
        static let item: UInt64 = 1
        static let member: UInt64 = 2
        static let key: UInt64 = 3
        static let string: UInt64 = 4
        static let number: UInt64 = 5
        static let binary: UInt64 = 6
        static let bool: UInt64 = 7
        static let null: UInt64 = 8
        static let map: UInt64 = 9
        static let list: UInt64 = 10
        static let set: UInt64 = 16
        /// For what is no number, and no base64, where there should be one: hashed as it stands.
        static let unreadable: UInt64 = 32
    }

    /// Levels of maps and lists; DynamoDB allows 32.
    private static let depthMax = 64

    private let seed: KeyedHash.Seed
    private let names: ByteBuffer
    private let nameRanges: [Range<Int>]
    private let scratch = ByteBuffer(capacity: 1024)
    private let canonical = ByteBuffer(capacity: 1024)
    /// Of the item that was hashed last: where its key attributes' values lie.
    private var keyRanges: [Range<Int>]
    private var keyHashes: [UInt128]

    /// - Parameters:
    ///   - seed: the same for both sides.
    ///   - keyNames: the partition key's attribute, then the sort key's if there is one.
    public init(seed: Seed, keyNames: [String]) {
        self.seed = seed.value
        names = ByteBuffer(capacity: 256)
        var ranges: [Range<Int>] = []
        for name in keyNames {
            let start = names.count
            names.append(name)
            ranges.append(start..<names.count)
        }
        nameRanges = ranges
        keyRanges = Array(repeating: 0..<0, count: keyNames.count)
        keyHashes = Array(repeating: 0, count: keyNames.count)
    }

    /// Hashes the item that lies at `range` of the buffer.
    ///
    /// - Throws: `MalformedJSON` where there is no item with a whole key.
    public func fingerprint(
        _ buffer: ByteBuffer,
        _ range: Range<Int>
    ) throws(MalformedJSON) -> ItemFingerprint {
        var walker = JSONWalker(buffer, at: range.lowerBound)
        for index in keyRanges.indices { keyRanges[index] = 0..<0 }
        var sum: UInt128 = 0
        var count: UInt64 = 0
        try walker.expect(0x7b)
        if try !walker.take(0x7d) {
            repeat {
                sum &+= try attribute(&walker).hash
                count += 1
            } while try walker.takesComma(before: 0x7d)
        }
        guard walker.position == range.upperBound, !keyRanges.contains(where: \.isEmpty) else {
            throw MalformedJSON()
        }
        var key = KeyedHash(seed)
        key.combine(Tag.key << 56)
        for hash in keyHashes { key.combine(hash) }
        return ItemFingerprint(key: key.value, item: collection(Tag.item, sum, count))
    }

    /// The attributes of an item, one by one: to tell in which of them two items differ.
    public func attributes(
        _ buffer: ByteBuffer,
        _ range: Range<Int>
    ) throws(MalformedJSON) -> [Attribute] {
        var walker = JSONWalker(buffer, at: range.lowerBound)
        var attributes: [Attribute] = []
        try walker.expect(0x7b)
        if try walker.take(0x7d) { return [] }
        repeat {
            attributes.append(try attribute(&walker))
        } while try walker.takesComma(before: 0x7d)
        return attributes
    }

    /// An attribute's name, its escapes decoded.
    public func name(of attribute: Attribute, in buffer: ByteBuffer) -> String {
        scratch.truncate(to: 0)
        JSONEscapes.append(decoded: buffer.bytes(attribute.name), to: scratch)
        return String(decoding: scratch.array(), as: UTF8.self)
    }

    /// Appends the key of the item that was hashed last as DynamoDB JSON, in the words of `buffer`,
    /// which is the item's.
    ///
    /// - Parameters:
    ///   - buffer: what the item was hashed in.
    ///   - quotedNames: the names of the key's attributes as JSON strings.
    ///   - out: takes the key.
    public func appendKey(
        of buffer: ByteBuffer,
        quotedNames: [String],
        to out: ByteBuffer
    ) {
        for (index, name) in quotedNames.enumerated() {
            out.append(index == 0 ? 0x7b : 0x2c)
            out.append(name)
            out.append(0x3a)
            out.append(buffer, keyRanges[index])
        }
        out.append(0x7d)
    }

    // MARK: Values

    /// An attribute of the item, remembered if it is part of the key.
    @inline(__always)
    private func attribute(_ walker: inout JSONWalker) throws(MalformedJSON) -> Attribute {
        guard try walker.peek() == 0x22 else { throw MalformedJSON() }
        let name = try walker.string()
        var hash = KeyedHash(seed)
        let bytes = bytes(name, &walker)
        hash.combine(Tag.member << 56 | UInt64(bytes.count))
        hash.combine(bytes)
        let part = nameRanges.firstIndex { names.bytes($0).equals(bytes) }
        try walker.expect(0x3a)
        _ = try walker.peek()
        let start = walker.position
        let value = try value(&walker, depth: 0)
        if let part {
            keyRanges[part] = start..<walker.position
            keyHashes[part] = value
        }
        hash.combine(value)
        return Attribute(
            name: name.range,
            value: start..<walker.position,
            hash: hash.value
        )
    }

    /// A typed value: `{"S":"a"}`.
    private func value(
        _ walker: inout JSONWalker,
        depth: Int
    ) throws(MalformedJSON) -> UInt128 {
        guard depth < Self.depthMax else { throw MalformedJSON() }
        try walker.expect(0x7b)
        guard try walker.peek() == 0x22 else { throw MalformedJSON() }
        let type = try walker.string().range
        try walker.expect(0x3a)
        let hash: UInt128
        switch (type.count, type.isEmpty ? 0 : walker.text[type.lowerBound]) {
        case (1, 0x4d): hash = try map(&walker, depth: depth + 1)
        case (1, 0x4c): hash = try list(&walker, depth: depth + 1)
        case (1, let letter): hash = try scalar(&walker, letter)
        case (2, let letter) where walker.text[type.lowerBound + 1] == 0x53:
            hash = try set(&walker, letter)
        default:
            hash = try literal(&walker, type)
        }
        try walker.expect(0x7d)
        return hash
    }

    /// The string that comes next, as a value of the type whose letter is given.
    @inline(__always)
    private func scalar(
        _ walker: inout JSONWalker,
        _ letter: UInt8
    ) throws(MalformedJSON) -> UInt128 {
        guard try walker.peek() == 0x22 else { throw MalformedJSON() }
        let token = try walker.string()
        let bytes = bytes(token, &walker)
        switch letter {
        case 0x53: return hash(Tag.string, bytes)
        case 0x4e: return number(bytes)
        case 0x42: return binary(bytes)
        default: throw MalformedJSON()
        }
    }

    /// `true` or `false`, as a BOOL or a NULL.
    private func literal(
        _ walker: inout JSONWalker,
        _ type: Range<Int>
    ) throws(MalformedJSON) -> UInt128 {
        let isBool = walker.matches(type, "BOOL")
        guard isBool || walker.matches(type, "NULL") else { throw MalformedJSON() }
        let word = try walker.skip()
        let isTrue = walker.matches(word, "true")
        guard isTrue || walker.matches(word, "false") else { throw MalformedJSON() }
        return collection(isBool ? Tag.bool : Tag.null, isTrue ? 1 : 0, 0)
    }

    @inline(__always)
    private func hash(_ tag: UInt64, _ bytes: Bytes) -> UInt128 {
        var hash = KeyedHash(seed)
        hash.combine(tag << 56 | UInt64(bytes.count))
        hash.combine(bytes)
        return hash.value
    }

    private func number(_ bytes: Bytes) -> UInt128 {
        canonical.truncate(to: 0)
        do throws(ValueFault) {
            _ = try DecimalText(bytes).appendNormalised(to: canonical)
            return hash(Tag.number, canonical.bytes)
        } catch {
            return hash(Tag.number | Tag.unreadable, bytes)
        }
    }

    private func binary(_ bytes: Bytes) -> UInt128 {
        canonical.truncate(to: 0, bytesKeptMax: 1 << 20)
        do throws(ValueFault) {
            try Base64Text.append(decoded: bytes, to: canonical)
            return hash(Tag.binary, canonical.bytes)
        } catch {
            return hash(Tag.binary | Tag.unreadable, bytes)
        }
    }

    private func map(
        _ walker: inout JSONWalker,
        depth: Int
    ) throws(MalformedJSON) -> UInt128 {
        var sum: UInt128 = 0
        var count: UInt64 = 0
        try walker.expect(0x7b)
        if try walker.take(0x7d) { return collection(Tag.map, 0, 0) }
        repeat {
            guard try walker.peek() == 0x22 else { throw MalformedJSON() }
            let name = try walker.string()
            var hash = KeyedHash(seed)
            let bytes = bytes(name, &walker)
            hash.combine(Tag.member << 56 | UInt64(bytes.count))
            hash.combine(bytes)
            try walker.expect(0x3a)
            hash.combine(try value(&walker, depth: depth))
            sum &+= hash.value
            count += 1
        } while try walker.takesComma(before: 0x7d)
        return collection(Tag.map, sum, count)
    }

    private func list(
        _ walker: inout JSONWalker,
        depth: Int
    ) throws(MalformedJSON) -> UInt128 {
        var hash = KeyedHash(seed)
        hash.combine(Tag.list << 56)
        var count: UInt64 = 0
        try walker.expect(0x5b)
        if try !walker.take(0x5d) {
            repeat {
                hash.combine(try value(&walker, depth: depth))
                count += 1
            } while try walker.takesComma(before: 0x5d)
        }
        hash.combine(count)
        return hash.value
    }

    private func set(
        _ walker: inout JSONWalker,
        _ letter: UInt8
    ) throws(MalformedJSON) -> UInt128 {
        var sum: UInt128 = 0
        var count: UInt64 = 0
        try walker.expect(0x5b)
        if try !walker.take(0x5d) {
            repeat {
                sum &+= try scalar(&walker, letter)
                count += 1
            } while try walker.takesComma(before: 0x5d)
        }
        return collection(Tag.set + UInt64(letter), sum, count)
    }

    /// What has no order: the sum of its parts' hashes, and their number.
    private func collection(_ tag: UInt64, _ sum: UInt128, _ count: UInt64) -> UInt128 {
        var hash = KeyedHash(seed)
        hash.combine(tag << 56)
        hash.combine(count)
        hash.combine(sum)
        return hash.value
    }

    // MARK: Strings

    /// The string's own bytes; valid until the next string with an escape is read.
    @inline(__always)
    private func bytes(
        _ token: (range: Range<Int>, hasEscape: Bool),
        _ walker: inout JSONWalker
    ) -> Bytes {
        let raw = walker.text.slice(token.range.lowerBound, token.range.upperBound)
        if !token.hasEscape { return raw }
        scratch.truncate(to: 0, bytesKeptMax: 1 << 20)
        JSONEscapes.append(decoded: raw, to: scratch)
        return scratch.bytes
    }
}
