import Contract
import DynamoDBSink
import Pipeline
import RunLedger

/// A finished run of the ledger whose dead letters are to be tried again, and what binds them.
struct RetrySession {
    let run: RunSummary
    let identity: [IdentityFacet]
    /// The context of the command with the run's own choices where none was made.
    let context: CommandContext

    /// Looks the run up, and makes the settings those of the run.
    ///
    /// - Throws: `UsageError` where there is no such run, or the prefix is not its own;
    ///   `RetryRefused` where it is not finished.
    init(_ store: LedgerStore, _ wanted: RetrySettings, _ context: CommandContext) throws {
        guard let run = try store.run(wanted.run) else {
            throw UsageError(
                [
                    UsageProblem(
                        "there is no run \(Neutral.quoted(wanted.run)) in "
                            + Neutral.quoted(context.settings.stateDirectory),
                        hint: "`unglue status` lists the runs"
                    )
                ],
                command: .retry
            )
        }
        self.run = run
        identity = try store.identity(of: wanted.run)
        guard !run.isUnfinished else {
            throw RetryRefused(
                reason: "run \(run.run) is \(run.state.rawValue): resume it first: unglue run "
                    + Neutral.quoted(run.contractPath)
            )
        }
        var settings = context.settings
        settings.contractPath = wanted.contractPath ?? run.contractPath
        settings.tablePrefix = wanted.tablePrefix ?? RunPlace.tablePrefix(of: identity)
        settings.inline = settings.inline || RunPlace.isInline(identity)
        settings.tableNames = nil
        // What stands in the table may be the item of another row: only who asks for it replaces it.
        settings.run.mode = wanted.mode ?? (run.mode == .newer ? .newer : .ifAbsent)
        self.context = CommandContext(
            settings: settings,
            log: context.log,
            errors: context.errors,
            stop: context.stop
        )
    }

    /// The contract's tables that the run has too; says if the contract is not that of the run.
    func loadContract() throws -> Contract {
        let (whole, text) = try context.loadContractWithText()
        if RunIdentity.digest(of: text) != run.contractDigest {
            context.log.warning(
                "\(Neutral.quoted(context.settings.contractPath)) has changed since the run: its "
                    + "rows are mapped by what it says now"
            )
        }
        let names = Set(run.jobs.map(\.report.table))
        var contract = whole
        contract.tables.removeAll { !names.contains($0.name) }
        return contract
    }

    /// Refuses another place than the run's.
    func confirmPlace(_ target: DynamoDBSettings) throws(RetryRefused) {
        let (then, now) = (RunPlace.text(of: identity), RunPlace.text(target, context.settings))
        guard then != now else { return }
        throw RetryRefused(
            reason: "this is not where run \(run.run) read and wrote (-: then, +: now):\n"
                + LineDiff.text(old: then, new: now)
        )
    }

    /// Refuses another server, and tables of the target that were made anew.
    func confirm(_ prepared: PreparedRun) throws(RetryRefused) {
        var now = RunIdentity()
        for facet in prepared.identity.facets where Self.isBinding(facet) {
            now.add(facet.name, facet.text)
        }
        let then = identity.filter { facet in
            Self.isBinding(facet)
                && (Self.isServer(facet) || now.facets.contains { $0.name == facet.name })
        }
        let changes = now.changes(since: then)
        guard changes.isEmpty else {
            throw RetryRefused(
                reason:
                    "the dead letters of run \(run.run) are not of this server, or not for these "
                    + "tables (-: then, +: now):\n"
                    + changes.map { "  \($0)" }.joined(separator: "\n")
            )
        }
    }

    private static func isBinding(_ facet: IdentityFacet) -> Bool {
        isServer(facet) || facet.name.hasPrefix("the table ")
    }

    private static func isServer(_ facet: IdentityFacet) -> Bool {
        facet.name.hasPrefix("server ")
    }
}

/// A run's dead letters are not tried again, and nothing was changed.
struct RetryRefused: Error, Equatable, CustomStringConvertible {
    var reason: String

    var description: String { reason }
}
