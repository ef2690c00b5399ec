internal import Mapping

extension MySQLConnection {
    /// Whether two queries are one and the same to the server, which rewrites both and is then
    /// compared with itself.
    ///
    /// This finds a view that was made from something else: the text of its definition is the
    /// server's own and cannot be compared with ours.
    ///
    /// - Parameters:
    ///   - first: a query of the view.
    ///   - second: a query of the view's own SELECT.
    ///   - object: the view.
    /// - Returns: nil where the server does not tell, or does not merge the view into the query.
    /// - Throws: what the server says, as where the account may not look into the view.
    public func isSame(_ first: String, _ second: String, on object: String)
        throws(MySQLError) -> Bool?
    {
        guard let one = try rewritten(first, on: object),
            let other = try rewritten(second, on: object)
        else { return nil }
        if one == other { return true }
        return one.contains("\(SQLText.identifier(object)) ") ? nil : false
    }

    /// The query as the server's optimiser writes it, without its numbers of SELECTs: a view's begin
    /// elsewhere.
    private func rewritten(_ sql: String, on object: String) throws(MySQLError) -> String? {
        let form = server.version.flavour == .mariadb ? "EXTENDED" : "FORMAT=TRADITIONAL"
        let operation = "compare the view with the contract"
        _ = try query("EXPLAIN \(form) \(sql)", operation: operation, on: object)
        let notes = try query("SHOW WARNINGS", operation: operation, on: object)
        // ER_YES: the note that carries the query.
        let note = notes.first { $0.count > 2 && $0[1] == Array("1003".utf8) }
        return note?[2].map { Self.withoutSelectNumbers(String(decoding: $0, as: UTF8.self)) }
    }

    /// Takes each `/* select#5 */` out.
    static func withoutSelectNumbers(_ text: String) -> String {
        let parts = text.split(separator: "/* select#", omittingEmptySubsequences: false)
        return parts.enumerated().map { index, part in
            let digits = part.prefix { ("0"..."9").contains($0) }
            guard index > 0, !digits.isEmpty, part.dropFirst(digits.count).hasPrefix(" */") else {
                return index == 0 ? String(part) : "/* select#" + part
            }
            return String(part.dropFirst(digits.count + 3))
        }.joined()
    }
}
