internal import Mapping
internal import Pipeline

/// The answers that hold items: of `Scan` and of `BatchGetItem`.
///
/// The items' bytes are not looked into: where each lies is all that is found out.
enum ItemAnswer {
    /// A page of a scan; nil where the body is none.
    static func scan(_ body: [UInt8]) -> ItemPage? {
        var page = ItemPage(text: ByteBuffer(capacity: body.count))
        page.text.append(body)
        var hasItems = false
        do throws(MalformedJSON) {
            var walker = JSONWalker(page.text)
            try walker.members { (walker, name) throws(MalformedJSON) in
                if walker.matches(name, "Items") {
                    page.items = try items(&walker)
                    hasItems = true
                } else if walker.matches(name, "LastEvaluatedKey") {
                    let key = page.text.array(try walker.skip())
                    // Some endpoints have an empty one, or null, on the last page.
                    page.next = key == Array("null".utf8) || key == Array("{}".utf8) ? nil : key
                } else if walker.matches(name, "ConsumedCapacity") {
                    page.readUnits = try units(&walker)
                } else {
                    try walker.skip()
                }
            }
            try walker.end()
        } catch {
            return nil
        }
        return hasItems ? page : nil
    }

    /// What `BatchGetItem` gives of one table.
    struct Batch {
        var page: ItemPage
        /// The keys that are still to be asked for, each as it was sent.
        var unprocessed: [[UInt8]] = []
    }

    /// nil where the body is no answer of `BatchGetItem`.
    static func batch(_ body: [UInt8]) -> Batch? {
        var batch = Batch(page: ItemPage(text: ByteBuffer(capacity: body.count)))
        let text = batch.page.text
        text.append(body)
        var hasItems = false
        do throws(MalformedJSON) {
            var walker = JSONWalker(text)
            try walker.members { (walker, name) throws(MalformedJSON) in
                if walker.matches(name, "Responses") {
                    hasItems = true
                    try walker.members { (walker, _) throws(MalformedJSON) in
                        batch.page.items += try items(&walker)
                    }
                } else if walker.matches(name, "UnprocessedKeys") {
                    try walker.members { (walker, _) throws(MalformedJSON) in
                        try walker.members { (walker, name) throws(MalformedJSON) in
                            guard walker.matches(name, "Keys") else {
                                try walker.skip()
                                return
                            }
                            batch.unprocessed += try items(&walker).map { text.array($0) }
                        }
                    }
                } else if walker.matches(name, "ConsumedCapacity"), !walker.isNull {
                    try walker.elements { (walker) throws(MalformedJSON) in
                        batch.page.readUnits += try units(&walker)
                    }
                } else {
                    try walker.skip()
                }
            }
            try walker.end()
        } catch {
            return nil
        }
        return hasItems ? batch : nil
    }

    private static func items(_ walker: inout JSONWalker) throws(MalformedJSON) -> [Range<Int>] {
        var items: [Range<Int>] = []
        try walker.elements { (walker) throws(MalformedJSON) in items.append(try walker.skip()) }
        return items
    }

    /// Of a table's `ConsumedCapacity`.
    private static func units(_ walker: inout JSONWalker) throws(MalformedJSON) -> Double {
        var units = 0.0
        if walker.isNull {
            try walker.skip()
            return 0
        }
        try walker.members { (walker, name) throws(MalformedJSON) in
            if walker.matches(name, "CapacityUnits") {
                units = try walker.number()
            } else {
                try walker.skip()
            }
        }
        return units
    }
}
