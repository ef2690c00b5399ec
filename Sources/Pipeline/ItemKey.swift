import Contract

/// An item's primary key, for people: in reports and dead letters.
///
/// Not for the hot path.
enum ItemKey {
    /// The key attributes of an item, as DynamoDB JSON.
    ///
    /// - Parameters:
    ///   - item: the item's own JSON, as the mapper wrote it.
    ///   - keyNames: partition key, then sort key.
    /// - Returns: a JSON object; `{}` where the item cannot be read.
    static func json(ofItem item: [UInt8], keyNames: [String]) -> String {
        guard let parsed = try? JSONParser.parse(item) else { return "{}" }
        let members = keyNames.compactMap { name in
            parsed[name].map { JSONMember(name: name, value: $0) }
        }
        return JSONValue.object(members).serialized()
    }
}
