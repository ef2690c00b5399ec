public import Contract

/// Makes, describes and deletes tables, and waits for the service to be done with it.
///
/// Blocks.
public struct TableAdmin {
    let client: DynamoDBClient
    private let now: () -> Duration
    private let pause: (Duration) -> Void

    public init(client: DynamoDBClient) {
        self.init(client: client, now: EventLoop.now, pause: DynamoDBClient.sleep)
    }

    init(
        client: DynamoDBClient,
        now: @escaping () -> Duration,
        pause: @escaping (Duration) -> Void
    ) {
        self.client = client
        self.now = now
        self.pause = pause
    }

    /// `name`: the table's name, prefix included.
    /// - Returns: nil where there is no such table.
    public func describe(_ name: String) throws(DynamoDBError) -> TableDescription? {
        let document: JSONValue
        do throws(DynamoDBError) {
            document = try client.call("DescribeTable", TableRequests.named(name), table: name)
        } catch  where error.code == "ResourceNotFoundException" {
            return nil
        }
        guard let description = TableDescription(document) else {
            throw DynamoDBError(
                code: "InvalidAnswer",
                operation: "DescribeTable",
                table: name,
                status: 200,
                message: "the answer does not describe a table",
                hint: "Check that the endpoint is DynamoDB's"
            )
        }
        return description
    }

    /// Asks for the contract's table; it is not ready before `waitUntilActive` returns.
    public func create(_ table: Table, prefix: String) throws(DynamoDBError) {
        _ = try client.call(
            "CreateTable",
            TableRequests.create(table, prefix: prefix),
            table: prefix + table.name
        )
    }

    /// Waits until the table and all of its indexes are active.
    ///
    /// - Throws: `TimedOut` after `timeout`; an index on a large table can take hours.
    public func waitUntilActive(
        _ name: String,
        timeout: Duration = .seconds(600)
    ) throws(DynamoDBError) {
        // A table that was just made may not be seen at first.
        try wait(name, until: "become active", timeout: timeout) { $0?.isActive == true }
    }

    /// Asks for the table's deletion; nothing happens where there is no such table.
    public func delete(_ name: String) throws(DynamoDBError) {
        do throws(DynamoDBError) {
            _ = try client.call("DeleteTable", TableRequests.named(name), table: name)
        } catch  where error.code == "ResourceNotFoundException" {
            return
        }
    }

    public func waitUntilGone(
        _ name: String,
        timeout: Duration = .seconds(600)
    ) throws(DynamoDBError) {
        try wait(name, until: "be deleted", timeout: timeout) { $0 == nil }
    }

    private func wait(
        _ name: String,
        until purpose: String,
        timeout: Duration,
        isDone: (TableDescription?) -> Bool
    ) throws(DynamoDBError) {
        let start = now()
        var delay = Duration.milliseconds(20)
        while true {
            let description = try describe(name)
            if isDone(description) { return }
            guard now() - start < timeout else {
                let state = description.map { "it is \($0.status)" } ?? "it is not there"
                throw DynamoDBError(
                    code: "TimedOut",
                    operation: "Waiting for the table to \(purpose)",
                    table: name,
                    message: "\(state) after \(timeout.components.seconds) s",
                    hint: "Look at the table in the console, and start again when it is ready"
                )
            }
            pause(delay)
            delay = min(delay * 2, .seconds(2))
        }
    }
}
