/// What `capacity` says.
enum CapacityDraft {
    case absent
    case onDemand
    case provisioned(Capacity)
    /// Reported already.
    case wrong

    var provisioned: Capacity? {
        guard case .provisioned(let capacity) = self else { return nil }
        return capacity
    }
}

/// Reads `capacity` of a table or an index.
struct CapacityDecoder {
    private static let hint =
        "write \"on-demand\" or {\"read_units\": 5, \"write_units\": 5}"

    let reader: ObjectReader

    func decode() -> CapacityDraft {
        guard let value = reader["capacity"] else { return .absent }
        let place = reader.place("capacity")
        switch value {
        case .string("on-demand"): return .onDemand
        case .string(let text):
            reader.findings.error(
                place,
                "\(Quoted.text(text)) is not a capacity",
                hint: Self.hint
            )
            return .wrong
        case .object:
            guard let body = ObjectReader(value, at: place, "a capacity", reader.findings) else {
                return .wrong
            }
            body.checkKeys(["read_units", "write_units"])
            for key in ["read_units", "write_units"] where body[key] == nil {
                body.reportMissing(key, "units per second, at least 1")
            }
            let read = body.integer("read_units", in: 1...Int.max)
            let write = body.integer("write_units", in: 1...Int.max)
            guard let read, let write else { return .wrong }
            return .provisioned(Capacity(readUnits: read, writeUnits: write))
        default:
            reader.reportKind("capacity", "a string or an object", hint: Self.hint)
            return .wrong
        }
    }
}
