/// Reads `tags`.
struct TagsDecoder {
    let reader: ObjectReader

    func decode() -> [Tag] {
        guard let value = reader["tags"] else { return [] }
        guard case .object(let members) = value else {
            reader.reportKind("tags", "an object", hint: "write {\"team\": \"orders\"}")
            return []
        }
        let findings = reader.findings
        let place = reader.place("tags")
        if members.count > ContractLimits.tagsMax {
            findings.error(
                place,
                "has \(members.count) tags; DynamoDB takes at most \(ContractLimits.tagsMax)"
            )
        }
        var tags: [Tag] = []
        for (order, member) in members.prefix(ContractLimits.tagsMax).enumerated() {
            let there = place.member(member.name, order: order)
            guard case .string(let text) = member.value else {
                findings.error(there, "must be a string, not \(member.value.kind)")
                continue
            }
            let keyLength = ContractLimits.tagKeyLength
            if !keyLength.contains(member.name.unicodeScalars.count) {
                findings.error(
                    there,
                    "a tag's key has \(keyLength.lowerBound) to \(keyLength.upperBound) characters"
                )
            } else if member.name.lowercased().hasPrefix("aws:") {
                findings.error(
                    there,
                    "a tag's key begins with \"aws:\"",
                    hint: "AWS keeps these to itself"
                )
            } else if text.unicodeScalars.count > ContractLimits.tagValueLengthMax {
                findings.error(
                    there,
                    "a tag's value has at most \(ContractLimits.tagValueLengthMax) characters"
                )
            } else {
                tags.append(Tag(key: member.name, value: text))
            }
        }
        return tags
    }
}
