import Contract
import DynamoDBSink
import Mapping
import MySQLSource
import Pipeline

/// A line of a dead-letter file, read back.
struct SavedLetter {
    /// As it stands in the file, with its end.
    let line: [UInt8]
    let attempt: UInt32
    /// The contract's table and the entity's type.
    let table: String
    let entity: String?
    private let document: JSONValue

    /// nil where the line is no letter that Unglue writes.
    init?(line: [UInt8]) {
        do {
            document = try JSONParser.parse(line, depthMax: JSONParser.depthMax)
        } catch {
            return nil
        }
        guard let number = document["attempt"]?.int, let attempt = UInt32(exactly: number),
            let table = document["table"]?.string, document["row"]?.members != nil
        else { return nil }
        self.line = line
        self.attempt = attempt
        self.table = table
        entity = document["entity"]?.string
    }

    /// The line with another reason.
    ///
    /// - Parameters:
    ///   - reason: why it is rejected now.
    ///   - key: the item's key as JSON; nil: as it was.
    ///   - row: the row as JSON; nil: as it was.
    /// - Returns: the line with its end.
    func line(reason: String, key: String? = nil, row: String? = nil) -> [UInt8] {
        let letter = DeadLetter(
            table: table,
            entity: entity,
            key: key ?? (document["key"] ?? .object([])).serialized(),
            reason: reason,
            row: row ?? (document["row"] ?? .object([])).serialized()
        )
        return Array((Neutral.json(DeadLetterFile.line(of: letter, attempt: attempt)) + "\n").utf8)
    }

    /// What is to be tried again.
    ///
    /// - Throws: `Untriable` where there is nothing to try.
    func retried(_ targets: RetryTargets) throws(Untriable) -> RetriedLetter {
        guard let table = targets.plan.tables.firstIndex(where: { $0.name == self.table }) else {
            throw Untriable(reason: "the contract has no table of this name any more")
        }
        let row = document["row"] ?? .object([])
        if let item = Self.item(of: row) {
            guard let mapped = MappedItem(stored: item, of: targets.tables[table]) else {
                throw Untriable(reason: "the item that was refused does not have the table's key")
            }
            return RetriedLetter(
                table: table,
                content: .item(Array(item.serialized().utf8), mapped)
            )
        }
        guard
            let entity = targets.plan.entities.firstIndex(where: {
                $0.table == table && $0.entityType == self.entity
            })
        else {
            throw Untriable(reason: "the contract has no entity of this type any more")
        }
        do throws(SavedRow.Fault) {
            if let key = try key(of: row, entity, targets) {
                return RetriedLetter(table: table, content: .key(entity: entity, values: key))
            }
            let columns = targets.plan.entities[entity].columns
            let slab = RowSlab(columnCount: columns.count)
            slab.chunk = ChunkID(entity: UInt32(entity), attempt: 0, isReplay: true)
            try SavedRow.append(row, columns: columns, to: slab)
            return RetriedLetter(table: table, content: .saved(entity: entity, row: slab))
        } catch {
            throw Untriable(
                reason: "\(error.reason), and by no key can the row be found again"
            )
        }
    }

    /// The row's key in the source; nil where it has none, or a NULL in it, which many rows may have.
    private func key(
        of row: JSONValue,
        _ entity: Int,
        _ targets: RetryTargets
    ) throws(SavedRow.Fault) -> [[UInt8]]? {
        let indexes = targets.keyColumns[entity]
        guard !indexes.isEmpty else { return nil }
        var key: [[UInt8]] = []
        for index in indexes {
            let column = targets.plan.entities[entity].columns[index]
            guard let value = row[column.name],
                let bytes = try SavedRow.bytes(of: value, column)
            else { return nil }
            key.append(bytes)
        }
        return key
    }

    /// The item of a letter that has one in its row's place: `{"item":{…}}`.
    ///
    /// A column that is called `item` has text, NULL, or an object whose only value is no object.
    private static func item(of row: JSONValue) -> JSONValue? {
        guard let members = row.members, members.count == 1, members[0].name == "item",
            let attributes = members[0].value.members,
            attributes.allSatisfy({ $0.value.members != nil })
        else { return nil }
        return members[0].value
    }
}

/// A letter that cannot even be tried.
struct Untriable: Error, Equatable {
    var reason: String
}

/// What letters are tried against.
struct RetryTargets {
    let plan: MigrationPlan
    /// In the plan's order.
    let tables: [Table]
    /// By entity, where in its result the columns of its row key are.
    let keyColumns: [[Int]]

    init(_ prepared: PreparedRun, _ contract: Contract) {
        plan = prepared.plan
        tables = contract.tables
        keyColumns = zip(prepared.source.entities, prepared.plan.entities).map { read, entity in
            let indexes = read.rowKey.compactMap { key in
                entity.columns.firstIndex { $0.name == key.viewColumn }
            }
            return indexes.count == read.rowKey.count ? indexes : []
        }
    }
}
