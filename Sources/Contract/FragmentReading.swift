/// Reading SQL out of an object's members.
extension ObjectReader {
    /// A scalar SQL expression; nil, without a report, where it is absent.
    func fragment(_ key: String) -> SQLFragment? {
        guard let text = string(key) else { return nil }
        return fragment(text, at: place(key))
    }

    func requiredFragment(_ key: String, _ hint: String) -> SQLFragment? {
        guard self[key] != nil else {
            reportMissing(key, hint)
            return nil
        }
        return fragment(key)
    }

    /// An array of SQL expressions, at least one; nil where one of them is wrong.
    func requiredFragments(_ key: String, _ hint: String) -> [SQLFragment]? {
        guard self[key] != nil else {
            reportMissing(key, hint)
            return nil
        }
        guard let elements = elements(key, countMax: ContractLimits.listMax) else { return nil }
        guard !elements.isEmpty else {
            findings.error(place(key), "must not be empty", hint: hint)
            return nil
        }
        let fragments = elements.compactMap { element, there -> SQLFragment? in
            guard case .string(let text) = element else {
                findings.error(there, "must be a string of SQL, not \(element.kind)")
                return nil
            }
            return fragment(text, at: there)
        }
        return fragments.count == elements.count ? fragments : nil
    }

    func fragment(_ text: String, at there: Place) -> SQLFragment? {
        do {
            return try SQLFragment.parse(text)
        } catch {
            findings.error(there, error)
            return nil
        }
    }
}
