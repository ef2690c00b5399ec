internal import Contract
internal import Mapping
internal import Pipeline

/// Makes the `PutItem` requests of a write mode that does not simply replace what is there.
struct PutCondition: Sendable {
    /// What follows the item where only an absent item may be written.
    private let ifAbsent: [UInt8]
    /// What stands before and behind the version where an older item may be replaced.
    private let ifOlder: (head: [UInt8], tail: [UInt8])?
    private let versionName: String?

    /// `mode`: `ifAbsent` or `newer`.
    ///
    /// - Throws: where the mode is `newer` and the contract's table has no version attribute.
    init(_ mode: WriteMode, table: Table) throws(DynamoDBError) {
        let key = JSONValue.string(table.partitionKey.name).serialized()
        let end = #","ReturnConsumedCapacity":"INDEXES","ReturnValuesOnConditionCheckFailure":"#
        let tail = end + #""ALL_OLD"}"#
        ifAbsent = Array(
            (#","ConditionExpression":"attribute_not_exists(#k)","ExpressionAttributeNames":"#
                + ##"{"#k":\##(key)}"## + tail).utf8
        )
        guard mode == .newer else {
            ifOlder = nil
            versionName = nil
            return
        }
        guard let name = table.versionAttribute else {
            throw DynamoDBError(
                code: "Settings",
                operation: "Writing newer items only",
                table: table.name,
                message: "the contract names no version_attribute for it",
                hint: "Give the table a version_attribute, an attribute of type N or S that grows "
                    + "with each change of the item, or use another write mode"
            )
        }
        versionName = name
        let version = JSONValue.string(name).serialized()
        ifOlder = (
            Array(
                (#","ConditionExpression":"attribute_not_exists(#k) OR #v < :v","#
                    + ##""ExpressionAttributeNames":{"#k":\##(key),"#v":\##(version)},"##
                    + #""ExpressionAttributeValues":{":v":"#).utf8
            ),
            Array(("}" + tail).utf8)
        )
    }

    /// The request that puts item number `index` of the batch.
    func body(of batch: Batch, item index: Int) -> ByteBuffer {
        let range = batch.items[index].range
        let body = ByteBuffer(capacity: range.count + ifAbsent.count + 256)
        body.append("{\"TableName\":\"")
        body.append(batch.tableName)
        body.append("\",\"Item\":")
        body.append(batch.body, range)
        guard let ifOlder, let version = version(of: batch.body.array(range)) else {
            body.append(ifAbsent)
            return body
        }
        body.append(ifOlder.head)
        let start = range.lowerBound
        body.append(batch.body, start + version.lowerBound..<start + version.upperBound)
        body.append(ifOlder.tail)
        return body
    }

    /// Where the version's value (`{"N":"7"}`) lies in the item's JSON; nil where the item has none
    /// that can be compared, so that nobody can say whether it is the newer one.
    private func version(of item: [UInt8]) -> Range<Int>? {
        guard let versionName else { return nil }
        var scanner = JSONScanner(item)
        var found: Range<Int>?
        do throws(JSONScanner.Malformed) {
            try scanner.object { (scanner, name) throws(JSONScanner.Malformed) in
                let start = scanner.position
                try scanner.skipValue()
                if Self.isName(name, versionName) { found = start..<scanner.position }
            }
        } catch {
            preconditionFailure("an item was mapped to what is no JSON")
        }
        guard let found else { return nil }
        let value = item[found]
        let isComparable = [#"{"N":"#, #"{"S":"#, #"{"B":"#].contains {
            value.starts(with: $0.utf8)
        }
        return isComparable ? found : nil
    }

    private static func isName(_ raw: ArraySlice<UInt8>, _ name: String) -> Bool {
        guard raw.contains(UInt8(ascii: "\\")) else { return raw.elementsEqual(name.utf8) }
        let quote = [UInt8(ascii: "\"")]
        return (try? JSONParser.parse(quote + Array(raw) + quote)) == .string(name)
    }
}
