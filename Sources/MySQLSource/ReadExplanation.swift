internal import Mapping
internal import Pipeline

/// How the server would read a bounded chunk of an entity.
public struct ReadExplanation: Sendable, Equatable {
    /// Whether a chunk costs no more than its own rows: its bounds are a range of an index, and the
    /// next bound is found in the order of that index.
    public var isIndexRange: Bool
    /// Whether the view, or something joined to it, is made in full before its first row comes.
    public var isMaterialised: Bool
    /// The server's plan, a line a step.
    public var details: [String]

    public init(isIndexRange: Bool, isMaterialised: Bool, details: [String]) {
        self.isIndexRange = isIndexRange
        self.isMaterialised = isMaterialised
        self.details = details
    }
}

extension MySQLConnection {
    /// Asks the server how it would read a chunk, with bounds that lie in the data.
    ///
    /// An entity with fewer than two keys counts as an index range: there is nothing to cut.
    public func explain(_ entity: EntityRead) throws(MySQLError) -> ReadExplanation {
        let bounds = KeyBounds(entity: entity)
        var sample: (lower: [[UInt8]], upper: [[UInt8]])?
        if !entity.chunkKey.isEmpty, let first = try bounds.key(after: nil, offset: 0, on: self) {
            var second = try bounds.key(after: first, offset: entity.rowsPerChunk - 1, on: self)
            if second == nil { second = try bounds.key(after: first, offset: 0, on: self) }
            sample = second.map { (first, $0) }
        }
        guard let sample else {
            let plan = try explainPlan(entity.selectSQL, on: entity.name)
            return ReadExplanation(
                isIndexRange: !entity.chunkKey.isEmpty,
                isMaterialised: plan.isMaterialised,
                details: plan.lines
            )
        }
        let read = try entity.sql(range: ChunkRange(lower: sample.lower, upper: sample.upper))
        let plan = try explainPlan(read, on: entity.name)
        let step = try bounds.sql(after: sample.lower, offset: entity.rowsPerChunk - 1)
        let stepPlan = try explainPlan(step, on: entity.name)
        return ReadExplanation(
            isIndexRange: plan.isIndexRange && !stepPlan.sorts,
            isMaterialised: plan.isMaterialised,
            details: plan.lines
        )
    }

    /// Whether the server finds the chunk key's rows in order by an index: else each look for a bound
    /// sorts all of them.
    ///
    /// Asks for no row.
    public func isOrderedByIndex(_ entity: EntityRead) throws(MySQLError) -> Bool {
        let step = try KeyBounds(entity: entity).sql(after: nil, offset: 0)
        return !(try explainPlan(step, on: entity.name).sorts)
    }

    private func explainPlan(_ sql: String, on object: String) throws(MySQLError) -> ExplainPlan {
        let rows = try query(
            "EXPLAIN FORMAT=TRADITIONAL \(sql)",
            operation: "explain a chunk",
            on: object
        )
        return ExplainPlan(rows, isMariaDB: server.version.flavour == .mariadb)
    }
}

/// The rows of an EXPLAIN, and what is to be read from them; pure.
struct ExplainPlan {
    private struct Step {
        var id: Int?
        var selectType: String
        var table: String
        var access: String
        var key: String
        var rows: String
        var extra: String

        /// N of a step that reads `<derivedN>`.
        var derivedID: Int? {
            guard table.hasPrefix("<derived"), table.hasSuffix(">") else { return nil }
            return Int(table.dropFirst("<derived".count).dropLast())
        }
    }

    private let steps: [Step]

    init(_ rows: [[[UInt8]?]], isMariaDB: Bool) {
        // MySQL has the columns `partitions` and `filtered` besides those of MariaDB.
        let places = isMariaDB ? [0, 1, 2, 3, 5, 8, 9] : [0, 1, 2, 4, 6, 9, 11]
        steps = rows.map { row in
            let cells = places.map { place in
                place < row.count
                    ? row[place].map { String(decoding: $0, as: UTF8.self) } ?? "" : ""
            }
            return Step(
                id: Int(cells[0]),
                selectType: cells[1],
                table: cells[2],
                access: cells[3],
                key: cells[4],
                rows: cells[5],
                extra: cells[6]
            )
        }
    }

    /// The plan as people read it.
    var lines: [String] {
        steps.map { step in
            let key = step.key.isEmpty ? "" : " on \(step.key)"
            let extra = step.extra.isEmpty ? "" : ": \(step.extra)"
            return
                "\(step.selectType) \(step.table) \(step.access)\(key), \(step.rows) rows\(extra)"
        }
    }

    /// Whether a step sorts rows instead of reading them in order.
    var sorts: Bool {
        steps.contains { $0.extra.contains("Using filesort") }
    }

    /// Whether something that depends on no row is made in full first; what is made anew for every
    /// row (LATERAL) is not meant.
    var isMaterialised: Bool {
        guard let top = steps.first?.id else { return false }
        return steps.contains { step in
            guard step.id == top, let derived = step.derivedID else { return false }
            return steps.contains { $0.id == derived && $0.selectType == "DERIVED" }
        }
    }

    /// Whether the table that drives the query is read through a range of an index.
    var isIndexRange: Bool {
        guard let first = steps.first else { return false }
        let unions = steps.filter { $0.selectType == "UNION" }
        let drivers = [first] + unions.compactMap { union in steps.first { $0.id == union.id } }
        return drivers.allSatisfy { readsRange($0, depth: 0) }
    }

    private func readsRange(_ step: Step, depth: Int) -> Bool {
        if let derived = step.derivedID, depth < steps.count {
            guard let inner = steps.first(where: { $0.id == derived }) else { return false }
            return readsRange(inner, depth: depth + 1)
        }
        switch step.access {
        case "range", "ref", "eq_ref", "const", "system": return true
        // No table is read at all: the server knows that the range is empty.
        case "", "NULL": return step.table.isEmpty
        default: return false
        }
    }
}
