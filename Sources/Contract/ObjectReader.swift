/// Reads the members of one JSON object, and reports what is missing, misspelt or of another type.
struct ObjectReader {
    let place: Place
    let findings: Findings
    /// What the object is, with its article: `a table`.
    let noun: String
    private let members: [String: (value: JSONValue, order: Int)]
    private let names: [String]

    /// Keys that may stand in any object and have no effect.
    private static let silentKeys: Set<String> = ["$schema", "$comment", "comment", "description"]

    /// Reports what is no object and gives nil.
    init?(_ value: JSONValue, at place: Place, _ noun: String, _ findings: Findings) {
        guard case .object(let list) = value else {
            findings.error(place, "\(noun) must be an object, not \(value.kind)")
            return nil
        }
        var members: [String: (value: JSONValue, order: Int)] = [:]
        for (order, member) in list.enumerated() where members[member.name] == nil {
            members[member.name] = (member.value, order)
        }
        self.members = members
        self.names = list.map(\.name)
        self.place = place
        self.findings = findings
        self.noun = noun
    }

    /// The member's value; nil where it is absent or null.
    subscript(_ key: String) -> JSONValue? {
        guard let value = members[key]?.value, value != .null else { return nil }
        return value
    }

    /// Whether the member is there, even as null.
    func has(_ key: String) -> Bool { members[key] != nil }

    /// Where the member stands; the object itself where it is absent.
    func place(_ key: String) -> Place {
        guard let order = members[key]?.order else { return place }
        return place.member(key, order: order)
    }

    /// Warns of each key that is none of `known`.
    ///
    /// - Parameters:
    ///   - known: the keys that have an effect or are known to have none.
    ///   - elsewhere: keys of other objects, with where they belong: `join_alias` to `a self-join`.
    func checkKeys(_ known: [String], elsewhere: [String: String] = [:]) {
        var seen: Set<String> = []
        for (order, name) in names.enumerated()
        where !known.contains(name) && !Self.silentKeys.contains(name) {
            guard seen.insert(name).inserted else { continue }
            guard findings.keepsWarnings else {
                findings.warning(place, "")
                continue
            }
            let there = place.member(name, order: order)
            if let owner = elsewhere[name] {
                findings.warning(
                    there,
                    "\(Quoted.text(name)) has no effect in \(noun)",
                    hint: "it belongs to \(owner)"
                )
            } else if let near = NearestName.find(name, among: known) {
                findings.warning(
                    there,
                    "\(noun) has no key \(Quoted.text(name))",
                    hint: "did you mean \(Quoted.text(near))?"
                )
            } else {
                findings.warning(
                    there,
                    "\(noun) has no key \(Quoted.text(name))",
                    hint: "known are \(Quoted.list(known))"
                )
            }
        }
    }

    func reportMissing(_ key: String, _ hint: String) {
        if has(key) {
            findings.error(place(key), "\(Quoted.text(key)) must not be null", hint: hint)
        } else {
            findings.error(place, "\(Quoted.text(key)) is missing", hint: hint)
        }
    }

    /// Reports a member of a wrong type.
    func reportKind(_ key: String, _ wanted: String, hint: String? = nil) {
        let found = members[key]?.value.kind ?? "nothing"
        findings.error(place(key), "must be \(wanted), not \(found)", hint: hint)
    }

    /// A string; nil, without a report, where it is absent.
    ///
    /// An empty one is reported.
    func string(_ key: String, allowsEmpty: Bool = false) -> String? {
        guard let value = self[key] else { return nil }
        guard case .string(let text) = value else {
            reportKind(key, "a string")
            return nil
        }
        if text.isEmpty, !allowsEmpty {
            findings.error(place(key), "must not be empty")
            return nil
        }
        return text
    }

    /// A string that must be there; `hint` says what it is.
    func requiredString(_ key: String, _ hint: String) -> String? {
        guard self[key] != nil else {
            reportMissing(key, hint)
            return nil
        }
        return string(key)
    }

    /// One of an enumeration's raw values; `noun` is what it is, with its article.
    func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String,
        _ noun: String
    ) -> Choice? where Choice.RawValue == String {
        guard let text = string(key) else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        let known = Choice.allCases.map(\.rawValue)
        let exact = known.first { $0.lowercased() == text.lowercased() }
        let near = exact ?? NearestName.find(text, among: known)
        findings.error(
            place(key),
            "\(Quoted.text(text)) is not \(noun)",
            hint: near.map { "write \(Quoted.text($0))" } ?? "write one of \(Quoted.list(known))"
        )
        return nil
    }

    /// The same for a key that must be there.
    func requiredChoice<Choice: RawRepresentable & CaseIterable>(
        _ key: String,
        _ noun: String
    ) -> Choice? where Choice.RawValue == String {
        guard self[key] != nil else {
            reportMissing(key, "write one of \(Quoted.list(Choice.allCases.map(\.rawValue)))")
            return nil
        }
        return choice(key, noun)
    }

    /// A whole number in the range.
    func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
        guard let value = self[key] else { return nil }
        let wanted =
            range.upperBound == .max
            ? "a whole number from \(range.lowerBound) on"
            : "a whole number from \(range.lowerBound) to \(range.upperBound)"
        guard case .number(let text) = value else {
            reportKind(key, wanted)
            return nil
        }
        guard let number = Int(text), range.contains(number) else {
            findings.error(place(key), "must be \(wanted), not \(Quoted.clipped(text))")
            return nil
        }
        return number
    }

    /// An array's elements with their places; nil where it is absent or of another type.
    ///
    /// More than `countMax` are reported, and only the first ones given.
    func elements(_ key: String, countMax: Int) -> [(value: JSONValue, place: Place)]? {
        guard let value = self[key] else { return nil }
        guard case .array(let elements) = value else {
            reportKind(key, "an array")
            return nil
        }
        let there = place(key)
        if elements.count > countMax {
            findings.error(there, "has \(elements.count) elements; at most \(countMax) are taken")
        }
        return elements.prefix(countMax).enumerated().map { ($1, there.element($0)) }
    }

    /// An identifier of the server.
    func identifier(_ key: String) -> String? {
        guard let name = string(key) else { return nil }
        if let refusal = Identifier.refusal(name) {
            findings.error(place(key), refusal)
            return nil
        }
        return name
    }

    func requiredIdentifier(_ key: String, _ hint: String) -> String? {
        guard self[key] != nil else {
            reportMissing(key, hint)
            return nil
        }
        return identifier(key)
    }

    /// A string or an array of strings, none of them empty; nil where it is absent or wrong.
    func identifiers(_ key: String) -> [String]? {
        guard let value = self[key] else { return nil }
        if case .string = value { return identifier(key).map { [$0] } }
        guard case .array = value else {
            reportKind(key, "a string or an array of strings")
            return nil
        }
        guard let elements = elements(key, countMax: ContractLimits.listMax) else { return nil }
        guard !elements.isEmpty else {
            findings.error(place(key), "must not be empty")
            return nil
        }
        var names: [String] = []
        for (element, there) in elements {
            guard case .string(let name) = element else {
                findings.error(there, "must be a string, not \(element.kind)")
                continue
            }
            if let refusal = Identifier.refusal(name) {
                findings.error(there, refusal)
            } else if names.contains(name) {
                findings.error(there, "\(Quoted.text(name)) is named twice")
            } else {
                names.append(name)
            }
        }
        return names.count == elements.count ? names : nil
    }
}

extension JSONValue {
    /// What the value is, with its article, for messages.
    var kind: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
