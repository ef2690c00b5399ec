import Contract

/// A run's measurements as JSON, one benchmark a line.
enum StoredRun {
    static func text(_ measurements: [Measurement], notes: [(name: String, value: String)])
        -> String
    {
        var lines = notes.map { note in
            "  \(JSONValue.string(note.name).serialized()): "
                + "\(JSONValue.string(note.value).serialized()),"
        }
        lines.append("  \"benchmarks\": [")
        for (index, measurement) in measurements.enumerated() {
            let comma = index + 1 < measurements.count ? "," : ""
            lines.append("    \(document(measurement).serialized())\(comma)")
        }
        return (["{"] + lines + ["  ]", "}", ""]).joined(separator: "\n")
    }

    /// The median of each benchmark of a stored run, in nanoseconds.
    static func medians(of text: [UInt8]) throws -> [String: Double] {
        let document = try JSONParser.parse(text)
        guard let entries = document["benchmarks"]?.array else {
            throw UsageError("that is no run of the benchmarks: it has no member \"benchmarks\"")
        }
        var medians: [String: Double] = [:]
        for entry in entries {
            guard let name = entry["name"]?.string, let median = entry["ns"]?.double else {
                throw UsageError("that is no run of the benchmarks: a benchmark lacks name or ns")
            }
            medians[name] = median
        }
        return medians
    }

    static func document(_ measurement: Measurement) -> JSONValue {
        .object([
            JSONMember(name: "name", value: .string(measurement.name)),
            JSONMember(name: "unit", value: .string(measurement.unit)),
            member("ns", measurement.median),
            member("ns_lower_quartile", measurement.lower),
            member("ns_upper_quartile", measurement.upper),
            JSONMember(name: "samples", value: .number("\(measurement.samples)")),
            member("items_per_second", measurement.itemsPerSecond.rounded()),
            member("megabytes_per_second", measurement.megabytesPerSecond),
            member("allocations", measurement.allocations),
            member("allocated_bytes", measurement.allocatedBytes),
        ])
    }

    private static func member(_ name: String, _ value: Double) -> JSONMember {
        JSONMember(name: name, value: .number(Decimals.text(value, places: 3)))
    }
}

/// Numbers for people and for JSON.
enum Decimals {
    /// `value`: at least 0.
    static func text(_ value: Double, places: Int) -> String {
        var factor = 1
        for _ in 0..<places { factor *= 10 }
        let scaled = Int((value * Double(factor)).rounded())
        guard places > 0, scaled % factor != 0 else { return "\(scaled / factor)" }
        var digits = "\(scaled % factor)"
        digits = String(repeating: "0", count: places - digits.count) + digits
        while digits.last == "0" { digits.removeLast() }
        return "\(scaled / factor).\(digits)"
    }

    /// As wide as `width`, its text at the right.
    static func column(_ value: Double, places: Int, width: Int) -> String {
        let text = text(value, places: places)
        return String(repeating: " ", count: max(width - text.count, 0)) + text
    }
}
