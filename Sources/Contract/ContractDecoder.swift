/// A contract that can be used, and what its author may want to look at.
public struct DecodedContract: Sendable, Equatable {
    public var contract: Contract
    /// In file order.
    public var warnings: [ContractProblem]

    public init(contract: Contract, warnings: [ContractProblem]) {
        self.contract = contract
        self.warnings = warnings
    }
}

/// Reads a migration contract, checks all of it, and normalises it.
public enum ContractDecoder {
    private static let rootKeys = ["tables", "$id", "title", "version"]

    /// Decodes a contract.
    ///
    /// Everything is read in one pass, so that one report has every problem.
    ///
    /// - Parameter bytes: the file, in UTF-8.
    /// - Returns: the normalised contract, with the warnings.
    /// - Throws: `ContractError` with all errors and warnings, in file order.
    public static func decode(_ bytes: [UInt8]) throws(ContractError) -> DecodedContract {
        let root: JSONValue
        do {
            root = try JSONParser.parse(
                bytes,
                depthMax: ContractLimits.nestingMax,
                bytesMax: ContractLimits.fileBytesMax
            )
        } catch {
            let problem = ContractProblem(
                severity: .error,
                path: "",
                message: error.description,
                hint: "a contract is one JSON object with the array \"tables\""
            )
            throw ContractError(problems: [problem])
        }
        let findings = Findings()
        findDuplicates(in: root, at: Place(), findings)
        let tables = tables(of: root, findings)
        let problems = findings.sorted()
        if findings.hasErrors { throw ContractError(problems: problems) }
        return DecodedContract(contract: Contract(tables: tables), warnings: problems)
    }

    private static func tables(of root: JSONValue, _ findings: Findings) -> [Table] {
        guard let reader = ObjectReader(root, at: Place(), "a contract", findings) else {
            return []
        }
        reader.checkKeys(rootKeys, elsewhere: ["table": "one of the \"tables\""])
        guard reader["tables"] != nil else {
            reader.reportMissing("tables", "an array of the DynamoDB tables")
            return []
        }
        guard let elements = reader.elements("tables", countMax: ContractLimits.tablesMax) else {
            return []
        }
        if elements.isEmpty {
            findings.error(reader.place("tables"), "must not be empty", hint: "write a table")
        }
        var attributesLeft = ContractLimits.attributesMax
        var names: Set<String> = []
        var tables: [Table] = []
        for (value, place) in elements {
            let decoder = TableDecoder(value, at: place, findings)
            guard let draft = decoder?.decode(attributesLeft: &attributesLeft) else { continue }
            if let name = draft.name, !names.insert(name).inserted {
                findings.error(
                    draft.namePlace,
                    "another table is named \(Quoted.text(name)) too",
                    hint: "give each table its own name, or make them entities of one"
                )
            }
            if let table = draft.table {
                tables.append(table)
            } else if !findings.hasErrors {
                // A table is never left out silently.
                findings.error(place, "the table could not be read")
            }
        }
        return tables
    }

    /// Reports members that stand twice in one object: readers of JSON disagree which one counts.
    private static func findDuplicates(
        in value: JSONValue,
        at place: Place,
        _ findings: Findings
    ) {
        switch value {
        case .array(let elements):
            for (index, element) in elements.enumerated() where element.isContainer {
                findDuplicates(in: element, at: place.element(index), findings)
            }
        case .object(let members):
            var seen: Set<String> = []
            for (order, member) in members.enumerated() {
                if !seen.insert(member.name).inserted {
                    findings.error(
                        place.member(member.name, order: order),
                        "the key \(Quoted.text(member.name)) stands twice in one object",
                        hint: "keep one of the two"
                    )
                }
                guard member.value.isContainer else { continue }
                let there = place.member(member.name, order: order)
                findDuplicates(in: member.value, at: there, findings)
            }
        case .null, .bool, .number, .string: return
        }
    }
}

extension JSONValue {
    fileprivate var isContainer: Bool {
        switch self {
        case .array, .object: true
        case .null, .bool, .number, .string: false
        }
    }
}
