internal import Contract
internal import Mapping
public import Pipeline

/// The target of a verification in DynamoDB.
public struct DynamoDBTargetStore: TargetStore {
    private let settings: DynamoDBSettings

    public init(settings: DynamoDBSettings) {
        self.settings = settings
    }

    /// A reader with a client of its own; it tries again for as long as the settings retry writes.
    public func connect(
        isStopped: @escaping @Sendable () -> Bool
    ) throws -> any TargetReader {
        let client = try DynamoDBClient(settings: settings)
        client.callFor = settings.retryFor
        client.isStopped = isStopped
        return DynamoDBTargetReader(client: client, retry: settings.retry)
    }
}

/// Scans tables, gets items and deletes them, one request after another.
///
/// Used by one thread at a time.
public final class DynamoDBTargetReader: TargetReader {
    /// Items a page, which the service's 1 MB a page makes no smaller in most tables: DynamoDB Local
    /// reads the whole rest of a segment into memory for each page that has no limit.
    private static let itemsPerPage = 4_000

    private let client: DynamoDBClient
    private let retry: RetryPolicy

    init(client: DynamoDBClient, retry: RetryPolicy) {
        self.client = client
        self.retry = retry
    }

    public func scan(_ scan: SegmentScan) throws -> ItemPage {
        var body = Array("{".utf8)
        body += Self.member("TableName", .string(scan.table))
        body += Array(#","Segment":\#(scan.segment),"TotalSegments":\#(scan.segments)"#.utf8)
        body += Array(#","Limit":\#(Self.itemsPerPage),"ReturnConsumedCapacity":"TOTAL""#.utf8)
        body += Array(#","ConsistentRead":\#(scan.isConsistent)"#.utf8)
        if let after = scan.after { body += Array(#","ExclusiveStartKey":"#.utf8) + after }
        body += Array("}".utf8)
        return try client.call("Scan", body, table: scan.table, read: ItemAnswer.scan)
    }

    public func get(table: String, keys: [[UInt8]]) throws -> ItemPage {
        precondition(keys.count <= Limits.keysPerGet, "too many keys for one request")
        let text = ByteBuffer()
        var page = ItemPage(text: text)
        var left = keys
        var failures = 0
        while !left.isEmpty {
            let batch = try client.call(
                "BatchGetItem",
                Self.batchGet(table, left),
                table: table,
                read: ItemAnswer.batch
            )
            let start = text.count
            text.append(batch.page.text, 0..<batch.page.text.count)
            page.items += batch.page.items.map { $0.lowerBound + start..<$0.upperBound + start }
            page.readUnits += batch.page.readUnits
            // A large answer comes in parts too: only one without anything is a failure.
            failures = batch.page.items.isEmpty ? failures + 1 : 0
            if !batch.unprocessed.isEmpty {
                try pause(afterFailures: failures, "BatchGetItem", table)
            }
            left = batch.unprocessed
        }
        return page
    }

    public func delete(table: String, keys: [[UInt8]]) throws -> Double {
        precondition(keys.count <= Limits.batchItemsMax, "too many keys for one request")
        var units = 0.0
        var left = keys
        var failures = 0
        while !left.isEmpty {
            let answer = try client.call(
                "BatchWriteItem",
                Self.batchDelete(table, left),
                table: table,
                read: DeleteAnswer.init
            )
            units += answer.units
            failures = answer.unprocessed.count == left.count ? failures + 1 : 0
            if !answer.unprocessed.isEmpty {
                try pause(afterFailures: failures + 1, "BatchWriteItem", table)
            }
            left = answer.unprocessed
        }
        return units
    }

    private func pause(
        afterFailures failures: Int,
        _ operation: String,
        _ table: String
    ) throws(DynamoDBError) {
        guard failures > 0 else { return }
        let delay = retry.delay(
            .throttle,
            attempt: failures,
            random: Double.random(in: 0..<1)
        )
        try client.rest(max(delay, .milliseconds(1)), operation, table)
    }

    // MARK: Requests

    private static func batchGet(_ table: String, _ keys: [[UInt8]]) -> [UInt8] {
        Array(#"{"RequestItems":{\#(JSONValue.string(table).serialized()):{"Keys":["#.utf8)
            + keys.joined(separator: Array(",".utf8))
            + Array(#"],"ConsistentRead":true}},"ReturnConsumedCapacity":"TOTAL"}"#.utf8)
    }

    private static func batchDelete(_ table: String, _ keys: [[UInt8]]) -> [UInt8] {
        let requests = keys.map {
            Array(#"{"DeleteRequest":{"Key":"#.utf8) + $0 + Array("}}".utf8)
        }
        return Array(#"{"RequestItems":{\#(JSONValue.string(table).serialized()):["#.utf8)
            + requests.joined(separator: Array(",".utf8))
            + Array(#"]},"ReturnConsumedCapacity":"INDEXES"}"#.utf8)
    }

    private static func member(_ name: String, _ value: JSONValue) -> [UInt8] {
        Array(#""\#(name)":\#(value.serialized())"#.utf8)
    }
}

/// The body of a successful `BatchWriteItem` of deletes.
private struct DeleteAnswer {
    var units = 0.0
    var unprocessed: [[UInt8]] = []

    /// nil where the body is none, or holds what was not asked for.
    init?(_ body: [UInt8]) {
        guard let document = try? JSONParser.parse(body), document.members != nil else {
            return nil
        }
        for table in document["UnprocessedItems"]?.members ?? [] {
            guard let requests = table.value.array else { return nil }
            for request in requests {
                guard let key = request["DeleteRequest"]?["Key"] else { return nil }
                unprocessed.append(key.serializedBytes())
            }
        }
        units = (document["ConsumedCapacity"]?.array ?? [])
            .reduce(0) { $0 + ($1["CapacityUnits"]?.double ?? 0) }
    }
}

extension TableAdmin {
    /// What the service says of a table's size: it looks every six hours or so.
    public struct Size: Sendable, Equatable {
        public var items: Int
        public var bytes: Int
    }

    /// `name`: the table's name, prefix included.
    /// - Returns: nil where the service does not say.
    public func size(of name: String) throws(DynamoDBError) -> Size? {
        let document = try client.call("DescribeTable", TableRequests.named(name), table: name)
        guard let items = document["Table"]?["ItemCount"]?.int,
            let bytes = document["Table"]?["TableSizeBytes"]?.int
        else { return nil }
        return Size(items: items, bytes: bytes)
    }
}
