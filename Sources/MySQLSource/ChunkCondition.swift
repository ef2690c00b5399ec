internal import Mapping
internal import Pipeline

/// Writes a chunk's range as an SQL condition on its key's columns.
///
/// Bounds are compared exactly as the key's own index compares them: a literal has the column's
/// character set and collation, so that keys which are equal there (`a` and `A`, `a` and `a `) lie on
/// the same side of every bound.
struct ChunkCondition {
    let key: [ChunkKeyColumn]
    /// The key's columns as SQL, in key order.
    let columns: [String]
    /// For messages.
    let entity: String

    /// The condition; nil for the range without bounds of a key that is never NULL.
    func sql(range: ChunkRange) throws(MySQLError) -> String? {
        if range.isNullKeys { return nullKeys }
        var lower = try range.lower.map { bound throws(MySQLError) in try literals(bound) }
        var upper = try range.upper.map { bound throws(MySQLError) in try literals(bound) }
        var terms: [String] = []
        var first = 0
        // What both bounds begin with is a plain equality: the server then sees one range, not two.
        if let low = lower, let high = upper {
            while first < key.count - 1, low[first] == high[first] {
                terms.append("\(columns[first]) = \(low[first])")
                first += 1
            }
        }
        if let bound = lower.take() { terms.append(above(bound, from: first)) }
        if let bound = upper.take() { terms.append(notAbove(bound, from: first)) }
        // A row with a NULL in its key belongs to the chunk of NULL keys alone.
        for (column, sql) in zip(key, columns) where column.isNullable {
            terms.append("\(sql) IS NOT NULL")
        }
        return terms.isEmpty ? nil : terms.joined(separator: " AND ")
    }

    /// The rows whose key lies below `bound`.
    func sql(below bound: [[UInt8]]) throws(MySQLError) -> String {
        below(try literals(bound), from: 0)
    }

    /// The rows with one of these keys, as the key's own index compares them.
    ///
    /// The values of text columns are in utf8mb4, as a result has them, unlike those of bounds.
    func sql(equalTo keys: [[[UInt8]]]) throws(MySQLError) -> String {
        var terms: [String] = []
        for values in keys {
            let texts = try literals(values, isText: true)
            terms.append(zip(columns, texts).map { "\($0) = \($1)" }.joined(separator: " AND "))
        }
        return terms.isEmpty ? "FALSE" : "(" + terms.joined(separator: " OR ") + ")"
    }

    /// The rows with a NULL in their key; nil if no column of the key can be NULL.
    private var nullKeys: String? {
        let terms = zip(key, columns).filter { $0.0.isNullable }.map { "\($0.1) IS NULL" }
        return terms.isEmpty ? "FALSE" : "(" + terms.joined(separator: " OR ") + ")"
    }

    /// `(a > 1 OR (a = 1 AND b > 2))`: the lexicographic order spelled out, because neither server
    /// makes an index range of `(a, b) > (1, 2)`.
    private func above(_ bound: [String], from first: Int) -> String {
        let column = columns[first]
        guard first < bound.count - 1 else { return "\(column) > \(bound[first])" }
        let rest = above(bound, from: first + 1)
        return "(\(column) > \(bound[first]) OR (\(column) = \(bound[first]) AND \(rest)))"
    }

    private func notAbove(_ bound: [String], from first: Int) -> String {
        let column = columns[first]
        guard first < bound.count - 1 else { return "\(column) <= \(bound[first])" }
        let rest = notAbove(bound, from: first + 1)
        return "(\(column) < \(bound[first]) OR (\(column) = \(bound[first]) AND \(rest)))"
    }

    private func below(_ bound: [String], from first: Int) -> String {
        let column = columns[first]
        guard first < bound.count - 1 else { return "\(column) < \(bound[first])" }
        let rest = below(bound, from: first + 1)
        return "(\(column) < \(bound[first]) OR (\(column) = \(bound[first]) AND \(rest)))"
    }

    // MARK: Literals

    /// - Parameters:
    ///   - bound: one value a column of the key.
    ///   - isText: whether the values of text columns are utf8mb4 rather than the column's own.
    /// - Returns: literals that compare as their columns do.
    /// - Throws: where a value is none of its column.
    private func literals(_ bound: [[UInt8]], isText: Bool = false)
        throws(MySQLError) -> [String]
    {
        guard bound.count == key.count, !key.isEmpty else {
            throw refusal("a bound has \(bound.count) values, but the key \(key.count) columns")
        }
        var texts: [String] = []
        for (value, column) in zip(bound, key) {
            texts.append(try literal(value, column, isText: isText))
        }
        return texts
    }

    private func literal(_ value: [UInt8], _ column: ChunkKeyColumn, isText: Bool)
        throws(MySQLError) -> String
    {
        switch column.kind {
        case .integer, .decimal:
            guard Self.isNumber(value, isInteger: column.kind != .decimal) else {
                throw refusal("a bound of the column \(column.viewColumn) is not a number")
            }
            return String(decoding: value, as: UTF8.self)
        case .text(let characterSet, let collation):
            guard Self.isName(characterSet), Self.isName(collation) else {
                throw refusal(
                    "the character set or collation of the column \(column.viewColumn) has a name "
                        + "that no server gives"
                )
            }
            if isText, characterSet != "utf8mb4" {
                return "CONVERT(_utf8mb4 x'\(SQLText.hexadecimal(value))' USING \(characterSet))"
                    + " COLLATE \(collation)"
            }
            return "_\(characterSet) x'\(SQLText.hexadecimal(value))' COLLATE \(collation)"
        case .binary:
            return "x'\(SQLText.hexadecimal(value))'"
        case .temporal:
            let allowed = value.allSatisfy { byte in
                (0x30...0x3A).contains(byte) || byte == 0x20 || byte == 0x2D || byte == 0x2E
            }
            guard allowed, !value.isEmpty else {
                throw refusal("a bound of the column \(column.viewColumn) is not a date or time")
            }
            return "'\(String(decoding: value, as: UTF8.self))'"
        }
    }

    private static func isNumber(_ value: [UInt8], isInteger: Bool) -> Bool {
        let digits = value.first == UInt8(ascii: "-") ? value.dropFirst() : value[...]
        let parts = digits.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count <= (isInteger ? 1 : 2)
            && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy { (0x30...0x39).contains($0) } }
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                    || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "_")
            }
    }

    private func refusal(_ message: String) -> MySQLError {
        MySQLError(
            code: 0,
            operation: "write the condition of a chunk",
            subject: entity,
            message: message,
            hint: "Choose another chunk_key for this entity."
        )
    }
}
