internal import Contract

/// The body of a successful `BatchWriteItem`.
///
/// `UnprocessedItems` must be in it, empty or not: it alone says what was written, and the service
/// and every emulator always send it. `{}` is what anything in between may answer; it is taken for
/// no answer, and to send the batch again does no harm. `ConsumedCapacity` may lack.
struct BatchWriteAnswer: Equatable {
    /// Write capacity units, indexes included.
    var writeUnits = 0.0
    /// The items that were not written, as the service echoes them; in any order.
    var unprocessed: [JSONValue] = []

    /// - Throws: `JSONScanner.Malformed` where the body is not an object with an `UnprocessedItems`
    ///   that this operation could have: then nobody knows what was written.
    init(_ body: [UInt8], table: String) throws(JSONScanner.Malformed) {
        var scanner = JSONScanner(body)
        var units = 0.0
        var isPartial = false
        var saysWhatIsLeft = false
        try scanner.object { (scanner, name) throws(JSONScanner.Malformed) in
            if name.elementsEqual("UnprocessedItems".utf8) {
                saysWhatIsLeft = true
                try scanner.object { (scanner, _) throws(JSONScanner.Malformed) in
                    isPartial = true
                    try scanner.skipValue()
                }
            } else if name.elementsEqual("ConsumedCapacity".utf8) {
                try scanner.array { (scanner) throws(JSONScanner.Malformed) in
                    try scanner.object { (scanner, name) throws(JSONScanner.Malformed) in
                        if name.elementsEqual("CapacityUnits".utf8) {
                            units += try scanner.number()
                        } else {
                            try scanner.skipValue()
                        }
                    }
                }
            } else {
                try scanner.skipValue()
            }
        }
        try scanner.end()
        guard saysWhatIsLeft else { throw JSONScanner.Malformed() }
        writeUnits = units
        if isPartial { unprocessed = try Self.unprocessed(body, table: table) }
    }

    private static func unprocessed(
        _ body: [UInt8],
        table: String
    ) throws(JSONScanner.Malformed) -> [JSONValue] {
        guard let document = try? JSONParser.parse(body),
            let tables = document["UnprocessedItems"]?.members
        else { throw JSONScanner.Malformed() }
        var items: [JSONValue] = []
        for member in tables {
            // A table's ARN may stand for its name.
            guard member.name == table || member.name.hasSuffix(":table/\(table)"),
                let requests = member.value.array
            else { throw JSONScanner.Malformed() }
            for request in requests {
                guard let item = request["PutRequest"]?["Item"] else {
                    throw JSONScanner.Malformed()
                }
                items.append(item)
            }
        }
        return items
    }
}
