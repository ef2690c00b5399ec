import Contract
import Dispatch
import Mapping
import Synchronization

/// Looks at keys that differ once more: at the target's items as they are now, and at the rows.
///
/// What agrees by now was changed while the verification read it, and is no difference. Where there
/// are too many differences for that, only the examples are looked at.
struct Recheck {
    struct Result {
        var outcome: JoinOutcome
        var settled: Set<UInt128>
        var examples: [VerificationExample]
    }

    /// An item of one side, as it is now.
    fileprivate struct Sighting: Sendable {
        var hash: UInt128
        /// The item's JSON, where an example may need it.
        var json: [UInt8]?
        /// Of a row: entity, place of the chunk, row.
        var place: [Int64] = []
    }

    private let table: TableVerification
    private let outcome: JoinOutcome

    init(_ table: TableVerification, _ outcome: JoinOutcome) {
        self.table = table
        self.outcome = outcome
    }

    func run() throws -> Result {
        let candidates = balanced(outcome.named, count: table.options.examples * 2)
        let looked = outcome.isNamedInFull ? outcome.named : candidates
        guard !looked.isEmpty else {
            return Result(outcome: outcome, settled: [], examples: [])
        }
        let shown = Set(candidates.map(\.key))
        let found = try look(atTarget: looked, keeping: shown)
        let expected = try look(atSource: looked, keeping: shown)
        try table.confirmGoing()

        var result = Result(outcome: outcome, settled: [], examples: [])
        var named: [Difference] = []
        for var difference in looked {
            let (row, item) = (expected[difference.key], found[difference.key])
            guard row?.hash != item?.hash else {
                result.settled.insert(difference.key)
                continue
            }
            difference.kind = row == nil ? .extra : item == nil ? .missing : .different
            named.append(difference)
        }
        if outcome.isNamedInFull {
            result.outcome = JoinOutcome(duplicates: outcome.duplicates, named: named)
            for difference in named { result.outcome.count(difference.kind) }
        }
        let kept = named.filter { shown.contains($0.key) }
        for difference in balanced(kept, count: table.options.examples) {
            result.examples.append(
                try example(difference, expected[difference.key], found[difference.key])
            )
        }
        result.examples.sort { ($0.kind.rawValue, $0.key) < ($1.kind.rawValue, $1.key) }
        return result
    }

    /// Some of each kind, as far as there are so many.
    private func balanced(_ differences: [Difference], count: Int) -> [Difference] {
        var byKind = [VerificationExample.Kind.missing, .different, .extra].map { kind in
            differences.filter { $0.kind == kind }[...]
        }
        var chosen: [Difference] = []
        while chosen.count < count, byKind.contains(where: { !$0.isEmpty }) {
            for index in byKind.indices where chosen.count < count {
                if let next = byKind[index].popFirst() { chosen.append(next) }
            }
        }
        return chosen
    }

    // MARK: Both sides

    private func look(
        atTarget differences: [Difference],
        keeping shown: Set<UInt128>
    ) throws -> [UInt128: Sighting] {
        let reader = try table.connectTarget()
        let hasher = table.makeHasher()
        var found: [UInt128: Sighting] = [:]
        var start = 0
        while start < differences.count {
            try table.confirmGoing()
            let end = min(start + Limits.keysPerGet, differences.count)
            let page = try reader.get(
                table: table.names.targetName,
                keys: differences[start..<end].map(\.json)
            )
            table.meter.spent(page.readUnits)
            for range in page.items {
                let fingerprint = try hasher.fingerprint(page.text, range)
                let json = shown.contains(fingerprint.key) ? page.text.array(range) : nil
                found[fingerprint.key] = Sighting(hash: fingerprint.item, json: json)
            }
            table.watch.saw(items: end - start)
            start = end
        }
        return found
    }

    private func look(
        atSource differences: [Difference],
        keeping shown: Set<UInt128>
    ) throws -> [UInt128: Sighting] {
        var chunks: [Int: VerifiedChunk] = [:]
        for chunk in differences.flatMap(\.chunks) {
            chunks[chunk.number] = table.chunks[chunk.number]
        }
        guard !chunks.isEmpty else { return [:] }
        let sightings = RowSightings(wanted: Set(differences.map(\.key)), shown: shown)
        let ordered = chunks.values.sorted { $0.number < $1.number }
        let group = DispatchGroup()
        let watch = table.watch
        try table.sourceSweep(ordered).start(
            readers: min(table.options.readers, ordered.count),
            in: group
        ) { [makeHasher = table.makeHasher, makeMappers = table.makeMappers] in
            SightingRows(sightings, watch: watch, hasher: makeHasher(), mappers: makeMappers())
        }
        try table.wait(for: group)
        return sightings.all
    }

    // MARK: Examples

    private func example(
        _ difference: Difference,
        _ row: Sighting?,
        _ item: Sighting?
    ) throws -> VerificationExample {
        var example = VerificationExample(
            kind: difference.kind,
            key: ItemComparison.text(of: difference.json[...])
        )
        if difference.kind == .different, let expected = row?.json, let found = item?.json {
            example.attributes = try ItemComparison(hasher: table.makeHasher())
                .attributes(expected: expected, found: found)
        }
        return example
    }
}

/// Compares two items attribute by attribute.
struct ItemComparison {
    let hasher: ItemHasher

    /// The attributes that differ, by name.
    func attributes(
        expected: [UInt8],
        found: [UInt8]
    ) throws -> [VerificationExample.Attribute] {
        let left = try values(of: expected)
        let right = try values(of: found)
        return Set(left.keys).union(right.keys).sorted()
            .filter { left[$0]?.hash != right[$0]?.hash }
            .map {
                VerificationExample.Attribute(
                    name: $0,
                    expected: left[$0]?.text,
                    found: right[$0]?.text
                )
            }
    }

    private func values(of item: [UInt8]) throws -> [String: (hash: UInt128, text: String)] {
        let buffer = ByteBuffer(capacity: item.count)
        buffer.append(item)
        var values: [String: (hash: UInt128, text: String)] = [:]
        for attribute in try hasher.attributes(buffer, 0..<buffer.count) {
            values[hasher.name(of: attribute, in: buffer)] = (
                attribute.hash, Self.cut(Self.text(of: item[attribute.value]))
            )
        }
        return values
    }

    /// JSON in one form, without the spaces that an endpoint may print.
    static func text(of json: ArraySlice<UInt8>) -> String {
        guard let value = try? JSONParser.parse(Array(json)) else {
            return String(decoding: json, as: UTF8.self)
        }
        return value.serialized()
    }

    /// At most `Limits.exampleBytesMax` bytes, cut between two characters.
    private static func cut(_ text: String) -> String {
        guard text.utf8.count > Limits.exampleBytesMax else { return text }
        var head = Array(text.utf8.prefix(Limits.exampleBytesMax))
        while let last = head.last, last & 0xc0 == 0x80 { head.removeLast() }
        if let last = head.last, last >= 0x80 { head.removeLast() }
        return String(decoding: head, as: UTF8.self) + "…"
    }
}

/// The first row of each key, over all chunks.
private final class RowSightings: Sendable {
    let wanted: Set<UInt128>
    let shown: Set<UInt128>
    private let state = Mutex<[UInt128: Recheck.Sighting]>([:])

    init(wanted: Set<UInt128>, shown: Set<UInt128>) {
        self.wanted = wanted
        self.shown = shown
    }

    var all: [UInt128: Recheck.Sighting] { state.withLock { $0 } }

    func merge(_ chunk: [UInt128: Recheck.Sighting]) {
        state.withLock { state in
            state.merge(chunk) { old, new in
                old.place.lexicographicallyPrecedes(new.place) ? old : new
            }
        }
    }
}

private final class SightingRows: ChunkVisitor {
    private let sightings: RowSightings
    private let watch: VerificationWatch
    private let rows: RowHasher
    private var staged: [UInt128: Recheck.Sighting] = [:]
    private var chunk: VerifiedChunk?

    init(
        _ sightings: RowSightings,
        watch: VerificationWatch,
        hasher: ItemHasher,
        mappers: [Int: ItemMapper]
    ) {
        self.sightings = sightings
        self.watch = watch
        rows = RowHasher(mappers: mappers, hasher: hasher)
    }

    func begin(_ chunk: VerifiedChunk) {
        self.chunk = chunk
        staged = [:]
    }

    func take(_ slab: RowSlab) throws {
        guard let chunk else { return }
        _ = try rows.forEachItem(of: slab) { row, fingerprint, _ in
            let key = fingerprint.key
            guard sightings.wanted.contains(key), staged[key] == nil else { return }
            staged[key] = Recheck.Sighting(
                hash: fingerprint.item,
                json: sightings.shown.contains(key) ? rows.buffer.array() : nil,
                place: [Int64(chunk.work.entity), chunk.work.places.lowerBound, Int64(row)]
            )
        }
        watch.saw(rows: slab.rowCount)
    }

    func complete() { sightings.merge(staged) }

    func abandon() {}
}
