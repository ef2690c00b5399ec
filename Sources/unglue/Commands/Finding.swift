import Contract

/// One thing that `check` has found.
struct Finding: Sendable, Equatable {
    /// What it is about; in the order in which a report has them.
    enum Area: String, Sendable, Equatable, CaseIterable {
        case contract
        case source = "mysql"
        case target = "dynamodb"
    }

    var severity: ContractProblem.Severity
    var area: Area
    /// A path in the contract, or a view or table; empty for the area as a whole.
    var subject: String
    /// A sentence without a full stop.
    var message: String
    var hint: String?

    init(
        _ severity: ContractProblem.Severity,
        _ area: Area,
        _ subject: String,
        _ message: String,
        hint: String? = nil
    ) {
        self.severity = severity
        self.area = area
        self.subject = subject
        self.message = message
        self.hint = hint
    }

    init(_ problem: ContractProblem) {
        self.init(
            problem.severity,
            .contract,
            problem.path,
            problem.message,
            hint: problem.hint
        )
    }
}

/// What `check` says.
struct CheckReport: Sendable, Equatable {
    var findings: [Finding] = []
    /// What was looked at and found good, for people.
    var notes: [String] = []

    var errorCount: Int { findings.count { $0.severity == .error } }

    /// A mistake in the contract is 2, anything else that is wrong is 1.
    var status: ExitStatus {
        let errors = findings.filter { $0.severity == .error }
        if errors.contains(where: { $0.area == .contract }) { return .usage }
        return errors.isEmpty ? .done : .failed
    }
}

extension TextReporter {
    func text(of report: CheckReport) -> String {
        var lines = report.notes.map { Neutral.text($0) }
        for area in Finding.Area.allCases {
            let findings = report.findings.filter { $0.area == area }
            if findings.isEmpty { continue }
            lines += ["", style.paint(title(of: area), .bold)]
            for finding in findings { lines += self.lines(of: finding) }
        }
        let warnings = report.findings.count - report.errorCount
        lines.append("")
        lines.append(
            report.errorCount == 0
                ? style.paint("Ready to run", .green)
                    + count(warnings, "warning", before: ", with ")
                : style.paint("Not ready", .red) + ": \(Self.counted(report.errorCount, "error"))"
                    + count(warnings, "warning", before: " and ")
        )
        return lines.joined(separator: "\n") + "\n"
    }

    private func lines(of finding: Finding) -> [String] {
        let colour: Style.Colour = finding.severity == .error ? .red : .yellow
        let place = finding.subject.isEmpty ? "" : "\(finding.subject): "
        let text = Neutral.lines("\(place)\(finding.message)")
        let label = style.paint(finding.severity.rawValue, colour)
        return ["  \(label): \(text.first ?? "")"] + text.dropFirst().map { "    \($0)" }
            + (finding.hint.map { Neutral.lines($0).map { "    \($0)" } } ?? [])
    }

    private func title(of area: Finding.Area) -> String {
        switch area {
        case .contract: "Contract"
        case .source: "MySQL"
        case .target: "DynamoDB"
        }
    }

    private func count(_ number: Int, _ noun: String, before: String) -> String {
        number == 0 ? "" : before + Self.counted(number, noun)
    }

    private static func counted(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }
}

extension JSONReporter {
    func text(of report: CheckReport) -> String {
        let findings = report.findings.map { finding in
            JSONValue.object([
                JSONMember(name: "severity", value: .string(finding.severity.rawValue)),
                JSONMember(name: "area", value: .string(finding.area.rawValue)),
                JSONMember(name: "subject", value: .string(finding.subject)),
                JSONMember(name: "message", value: .string(finding.message)),
                JSONMember(name: "hint", value: finding.hint.map(JSONValue.string) ?? .null),
            ])
        }
        return Self.document([
            JSONMember(
                name: "state",
                value: .string(report.errorCount == 0 ? "ready" : "not_ready")
            ),
            JSONMember(name: "findings", value: .array(findings)),
        ])
    }
}
