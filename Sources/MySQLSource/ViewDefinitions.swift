/// A statement that creates a view, and the view's name for messages.
public struct ViewStatement: Sendable, Equatable {
    /// Unquoted.
    public var name: String
    /// `CREATE OR REPLACE … VIEW …`.
    public var sql: String

    public init(name: String, sql: String) {
        self.name = name
        self.sql = sql
    }
}

extension MySQLConnection {
    /// Creates the views, in this order; stops at the first that the server refuses.
    public func createViews(_ views: [ViewStatement]) throws(MySQLError) {
        precondition(purpose == .definition, "a reading session can create nothing")
        for view in views {
            try execute(view.sql, operation: "create the view", on: view.name)
        }
    }

    /// Drops the views that exist; a table of such a name is left alone.
    public func dropViews(_ names: [String]) throws(MySQLError) {
        precondition(purpose == .definition, "a reading session can drop nothing")
        for name in names {
            try execute(
                "DROP VIEW IF EXISTS \(SQLText.identifier(name))",
                operation: "drop the view",
                on: name
            )
        }
    }

    /// What the server would say to creating these views, without creating one: it checks names,
    /// columns and privileges when it prepares the statement.
    ///
    /// - Returns: one error a view that would be refused.
    /// - Throws: only errors that may pass, such as a lost connection.
    public func refusals(of views: [ViewStatement]) throws(MySQLError) -> [MySQLError] {
        var refusals: [MySQLError] = []
        for view in views {
            let refusal = try refusal(
                "PREPARE unglue_probe FROM \(SQLText.quoted(view.sql))",
                operation: "create the view",
                on: view.name
            )
            if let refusal {
                refusals.append(refusal)
            } else {
                try execute("DEALLOCATE PREPARE unglue_probe", operation: "check the view")
            }
        }
        return refusals
    }

    /// Which of these tables and views the account may not read; one that does not exist is in it.
    ///
    /// - Returns: one error a table that would be refused.
    /// - Throws: only errors that may pass, such as a lost connection.
    public func readRefusals(of tables: [String]) throws(MySQLError) -> [MySQLError] {
        var refusals: [MySQLError] = []
        for table in tables {
            let refusal = try refusal(
                "SELECT * FROM \(SQLText.identifier(table)) LIMIT 0",
                operation: "read the table",
                on: table
            )
            if let refusal { refusals.append(refusal) }
        }
        return refusals
    }

    private func refusal(_ sql: String, operation: String, on object: String)
        throws(MySQLError) -> MySQLError?
    {
        do {
            try execute(sql, operation: operation, on: object)
            return nil
        } catch {
            if error.isRetryable { throw error }
            return error
        }
    }
}
