internal import Contract

/// The body of a successful `PutItem`.
///
/// Every member of it may lack, so an empty object is one; whatever else is in it must be JSON.
struct PutAnswer: Equatable {
    /// Write capacity units, indexes included; 0 where the answer does not say.
    var writeUnits = 0.0

    init(_ body: [UInt8]) throws(JSONScanner.Malformed) {
        var scanner = JSONScanner(body)
        var units = 0.0
        try scanner.object { (scanner, name) throws(JSONScanner.Malformed) in
            guard name.elementsEqual("ConsumedCapacity".utf8) else {
                return try scanner.skipValue()
            }
            try scanner.object { (scanner, name) throws(JSONScanner.Malformed) in
                if name.elementsEqual("CapacityUnits".utf8) {
                    units += try scanner.number()
                } else {
                    try scanner.skipValue()
                }
            }
        }
        try scanner.end()
        writeUnits = units
    }
}

/// What a put whose condition failed says of the item that stands in its way.
struct ConditionFailure {
    /// The item that the target keeps; nil where the endpoint does not send it along.
    var standing: JSONValue?
    /// Write capacity units, where the answer says so; else 0.
    var writeUnits = 0.0

    init(_ body: [UInt8]) {
        guard let document = try? JSONParser.parse(body) else { return }
        standing = document["Item"]
        writeUnits = document["ConsumedCapacity"]?["CapacityUnits"]?.double ?? 0
    }

    /// What the check has cost at least: the size of the item that stands there, by units of 1 KB.
    ///
    /// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithItems.html
    var unitsAtLeast: Double {
        if writeUnits > 0 { return writeUnits }
        guard let standing else { return 1 }
        let unitBytes = 1_024
        return Double(max(1, (ItemSize.bytes(of: standing) + unitBytes - 1) / unitBytes))
    }
}
