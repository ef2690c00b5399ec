public import Contract
import Mapping
public import Pipeline
import Synchronization

/// A target in memory for verifications: items by table and key, which a test puts, damages and
/// looks at; it is the sink of repairs as well.
///
/// Pages are of a few items, in another order than the source's. With `respells` each item goes out
/// in another spelling than it came in: attributes, members and sets in another order, numbers and
/// strings written otherwise.
public final class MemoryTarget: TargetStore, ItemSink {
    private struct State {
        /// By table, then by key as `key(of:)` has it.
        var tables: [String: [String: JSONValue]] = [:]
        /// Keys in the order of scans; nil where it is to be made anew.
        var orders: [String: [Place]] = [:]
        var random: SeededRandom
        var malformedPages = 0
        var scans = 0
        var gets = 0
        var puts = 0
        var deletes = 0

        mutating func order(of table: String) -> [Place] {
            if let order = orders[table] { return order }
            let order = (tables[table] ?? [:]).keys.map(Place.init).sorted()
            orders[table] = order
            return order
        }
    }

    /// A key by its place in a scan, which has nothing to do with the order of the keys.
    private struct Place: Comparable {
        var hash: UInt64
        var key: String

        init(_ key: String) {
            self.key = key
            hash = key.utf8.reduce(0xcbf2_9ce4_8422_2325) {
                ($0 ^ UInt64($1)) &* 0x100_0000_01b3
            }
        }

        static func < (left: Place, right: Place) -> Bool {
            (left.hash, left.key) < (right.hash, right.key)
        }
    }

    private let keyNames: [String]
    private let itemsPerPage: Int
    private let respells: Bool
    private let beforeScan: @Sendable (MemoryTarget, SegmentScan) throws -> Void
    private let beforeGet: @Sendable (MemoryTarget) -> Void
    private let state: Mutex<State>

    /// - Parameters:
    ///   - keyNames: attributes of the key, of every table.
    ///   - itemsPerPage: items of a page.
    ///   - seed: fixes the spelling.
    ///   - respells: whether items go out in another spelling.
    ///   - malformedPages: pages that come out broken before they come out whole.
    ///   - beforeScan: called before each page, to change what is there or to fail.
    ///   - beforeGet: called before each get, to change what is there.
    public init(
        keyNames: [String],
        itemsPerPage: Int = 7,
        seed: UInt64 = 1,
        respells: Bool = true,
        malformedPages: Int = 0,
        beforeScan: @escaping @Sendable (MemoryTarget, SegmentScan) throws -> Void = { _, _ in },
        beforeGet: @escaping @Sendable (MemoryTarget) -> Void = { _ in }
    ) {
        self.keyNames = keyNames
        self.itemsPerPage = itemsPerPage
        self.respells = respells
        self.beforeGet = beforeGet
        self.beforeScan = beforeScan
        var state = State(random: SeededRandom(seed: seed))
        state.malformedPages = malformedPages
        self.state = Mutex(state)
    }

    /// The items of a table, by key.
    public func items(of table: String) -> [String: JSONValue] {
        state.withLock { $0.tables[table] ?? [:] }
    }

    /// Puts and deletes since the beginning.
    public var writes: (puts: Int, deletes: Int) { state.withLock { ($0.puts, $0.deletes) } }
    public var scans: Int { state.withLock { $0.scans } }
    public var gets: Int { state.withLock { $0.gets } }

    public func put(_ item: JSONValue, table: String) {
        let key = key(of: item)
        state.withLock { state in
            let old = state.tables[table, default: [:]].updateValue(item, forKey: key)
            if old == nil { state.orders[table] = nil }
        }
    }

    public func remove(_ key: String, table: String) {
        state.withLock { state in
            if state.tables[table]?.removeValue(forKey: key) != nil { state.orders[table] = nil }
        }
    }

    /// The text of a key, of an item or of the key alone.
    public func key(of item: JSONValue) -> String {
        keyNames.map { name in
            // A key may come back in the target's own spelling; numbers of keys are whole here.
            guard let number = item[name]?["N"]?.string.flatMap(Double.init) else {
                return item[name]?.serialized() ?? "-"
            }
            return #"{"N":"\#(Int(number))"}"#
        }.joined(separator: "|")
    }

    public func connect(
        isStopped: @escaping @Sendable () -> Bool
    ) -> any TargetReader {
        MemoryTargetReader(target: self)
    }

    // MARK: The reader's side

    fileprivate func scan(_ scan: SegmentScan) throws -> ItemPage {
        try beforeScan(self, scan)
        return state.withLock { state in
            state.scans += 1
            let order = state.order(of: scan.table)
            // The place behind the last page's last key, by binary search.
            var start = 0
            if let after = scan.after {
                let last = Place(String(decoding: after, as: UTF8.self))
                var end = order.count
                while start < end {
                    let middle = (start + end) / 2
                    if last < order[middle] { end = middle } else { start = middle + 1 }
                }
            }
            var keys: [String] = []
            while start < order.count, keys.count < itemsPerPage {
                if order[start].hash % UInt64(scan.segments) == scan.segment {
                    keys.append(order[start].key)
                }
                start += 1
            }
            let items = keys.compactMap { state.tables[scan.table]?[$0] }
            var page = page(of: items, &state)
            if state.malformedPages > 0, !items.isEmpty {
                state.malformedPages -= 1
                page.items[page.items.count - 1] =
                    page.items[page.items.count - 1].dropLast(1)
            }
            page.readUnits = scan.isConsistent ? 1 : 0.5
            if start < order.count, let last = keys.last { page.next = Array(last.utf8) }
            return page
        }
    }

    fileprivate func get(table: String, keys: [[UInt8]]) throws -> ItemPage {
        beforeGet(self)
        let names = try keys.map { key(of: try JSONParser.parse($0)) }
        return state.withLock { state in
            state.gets += 1
            let items = names.reversed().compactMap { state.tables[table]?[$0] }
            return page(of: items, &state)
        }
    }

    fileprivate func delete(table: String, keys: [[UInt8]]) throws -> Double {
        for key in keys {
            remove(self.key(of: try JSONParser.parse(key)), table: table)
            state.withLock { $0.deletes += 1 }
        }
        return Double(keys.count)
    }

    private func page(of items: [JSONValue], _ state: inout State) -> ItemPage {
        var page = ItemPage(text: ByteBuffer())
        page.text.append("[")
        for item in items {
            if !page.items.isEmpty { page.text.append(", ") }
            let start = page.text.count
            page.text.append(
                respells
                    ? ItemSpelling.text(of: item, &state.random) : item.serialized()
            )
            page.items.append(start..<page.text.count)
        }
        page.text.append("]")
        return page
    }

    // MARK: The sink's side

    public func submit(_ batch: Batch, done: @escaping @Sendable (Batch, BatchOutcome) -> Void) {
        var outcome = BatchOutcome()
        for (index, item) in batch.items.enumerated() {
            do {
                put(try JSONParser.parse(batch.body.array(item.range)), table: batch.tableName)
                state.withLock { $0.puts += 1 }
                outcome.writeUnits += 1
            } catch {
                outcome.refused.append((index, "\(error)"))
            }
        }
        done(batch, outcome)
    }

    public func drain() {}

    public func cancel() {}
}

private final class MemoryTargetReader: TargetReader {
    private let target: MemoryTarget

    init(target: MemoryTarget) {
        self.target = target
    }

    func scan(_ scan: SegmentScan) throws -> ItemPage { try target.scan(scan) }

    func get(table: String, keys: [[UInt8]]) throws -> ItemPage {
        try target.get(table: table, keys: keys)
    }

    func delete(table: String, keys: [[UInt8]]) throws -> Double {
        try target.delete(table: table, keys: keys)
    }
}

/// Items as DynamoDB JSON, spelled at random.
public enum ItemSpelling {
    /// The item's text, with everything in another order and another spelling that may be.
    public static func text(of item: JSONValue, _ random: inout SeededRandom) -> String {
        members(item.members ?? [], &random) { value, random in self.value(value, &random) }
    }

    private static func members(
        _ members: [JSONMember],
        _ random: inout SeededRandom,
        _ value: (JSONValue, inout SeededRandom) -> String
    ) -> String {
        var parts: [String] = []
        for member in members.shuffled(using: &random) {
            parts.append(
                space(&random) + string(member.name, &random) + space(&random) + ":"
                    + value(member.value, &random)
            )
        }
        return "{" + parts.joined(separator: ",") + space(&random) + "}"
    }

    /// A typed value.
    private static func value(_ value: JSONValue, _ random: inout SeededRandom) -> String {
        guard let member = value.members?.first else { return value.serialized() }
        let content: String
        switch member.name {
        case "S": content = string(member.value.string ?? "", &random)
        case "N": content = string(number(member.value.string ?? "", &random), &random)
        case "M":
            content = members(member.value.members ?? [], &random) { self.value($0, &$1) }
        case "L":
            content = list((member.value.array ?? []).map { self.value($0, &random) }, &random)
        case "SS", "BS", "NS":
            let elements = (member.value.array ?? []).shuffled(using: &random)
            content = list(
                elements.map { element in
                    let text = element.string ?? ""
                    return string(member.name == "NS" ? number(text, &random) : text, &random)
                },
                &random
            )
        default: content = member.value.serialized()
        }
        return "{" + space(&random) + "\"\(member.name)\":" + space(&random) + content + "}"
    }

    private static func list(_ elements: [String], _ random: inout SeededRandom) -> String {
        "[" + elements.map { space(&random) + $0 }.joined(separator: ",") + space(&random) + "]"
    }

    private static func space(_ random: inout SeededRandom) -> String {
        ["", "", "", " ", "\n\t"].randomElement(using: &random) ?? ""
    }

    /// The same number, written otherwise.
    private static func number(_ text: String, _ random: inout SeededRandom) -> String {
        let digits = text.drop { $0 == "-" }
        let sign = text.hasPrefix("-") ? "-" : ""
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return text
        case 1: return digits.contains(".") ? text + "00" : text + ".000"
        case 2: return "\(sign)000\(digits)"
        default: return text + (Bool.random(using: &random) ? "E+0" : "e0")
        }
    }

    /// The same string, some of its characters escaped.
    private static func string(_ text: String, _ random: inout SeededRandom) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            let mustBe = scalar == "\"" || scalar == "\\" || scalar.value < 0x20
            if mustBe || Int.random(in: 0..<6, using: &random) == 0 {
                for unit in Character(scalar).utf16 {
                    let digits = String(unit, radix: 16, uppercase: Bool.random(using: &random))
                    result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
