import Contract
import DynamoDBSink
import Glibc
import Pipeline

/// `unglue verify`: both sides compared.
enum VerifyCommand {
    static func run(_ context: CommandContext) throws -> ExitStatus {
        let settings = context.settings
        try confirm(settings)
        let contract = try context.loadContract()
        let target = try context.targetSettings()
        let prepared = try Patience.retrying(context) {
            try PreparedRun(contract, target: target, context)
        }
        let options = Self.options(settings)
        try announce(contract, prepared, target, options, context)
        try StateDirectory.make(settings.stateDirectory)
        let sink =
            options.repairs
            ? try DynamoDBItemSink(settings: target, tables: contract.tables, mode: .replace)
            : nil
        defer { sink?.close() }
        let verification = Verification(
            plan: prepared.plan,
            options: options,
            source: prepared.source,
            target: DynamoDBTargetStore(settings: target),
            sink: sink,
            spill: SpillDirectory(directory: settings.stateDirectory)
        )
        context.stop.onStop { [log = context.log] _ in
            verification.stop()
            log.warning("stopping; once more stops at once")
        }
        let display = VerificationDisplay(context) { verification.progress }
        display?.start()
        let result = verification.run()
        display?.finish()
        for error in result.errors { context.log.error("\(error)") }
        try context.output.write(context.reporter.text(of: result))
        return ExitStatus(state: result.state, signal: context.stop.signal)
    }

    /// Flags that make no sense together.
    private static func confirm(_ settings: Settings) throws {
        let verify = settings.verify
        var problems: [UsageProblem] = []
        if verify.sample != nil {
            for (isGiven, name) in [
                (verify.repair, "--repair"), (verify.deleteExtra, "--delete-extra"),
            ] where isGiven {
                problems.append(
                    UsageProblem(
                        "\(name) needs the whole comparison, not a --sample",
                        hint: "leave one of them out"
                    )
                )
            }
        } else if verify.seed != nil {
            problems.append(
                UsageProblem("--seed fixes a sample", hint: "give --sample with it")
            )
        }
        guard problems.isEmpty else { throw UsageError(problems, command: .verify) }
    }

    private static func options(_ settings: Settings) -> VerificationOptions {
        let cores = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        var options = VerificationOptions(
            readers: settings.run.readers ?? max(4, cores),
            segments: settings.verify.segments ?? max(4, cores)
        )
        options.isConsistent = settings.verify.isConsistent
        options.examples = settings.verify.examples
        options.repairs = settings.verify.repair
        options.deletesExtra = settings.verify.deleteExtra
        options.readUnitsPerSecond = settings.verify.readUnits.map(Double.init)
        options.connectFor = Double(settings.run.retryFor.components.seconds)
        options.sample = settings.verify.sample.map { rows in
            let seed = settings.verify.seed ?? Int.random(in: 0...Int(Int32.max))
            return VerificationOptions.Sample(rows: rows, seed: UInt64(seed))
        }
        return options
    }

    // MARK: What it will do and cost

    private static func announce(
        _ contract: Contract,
        _ prepared: PreparedRun,
        _ target: DynamoDBSettings,
        _ options: VerificationOptions,
        _ context: CommandContext
    ) throws {
        if let sample = options.sample {
            context.log.info(
                "comparing about \(Quantity.grouped(sample.rows)) rows of each table, seed "
                    + "\(sample.seed); extra items are not looked for"
            )
            return
        }
        let admin = TableAdmin(client: try DynamoDBClient(settings: target))
        for (index, table) in contract.tables.enumerated() {
            let estimates = prepared.plan.entities.filter { $0.table == index }
                .map { $0.rowsEstimated ?? 0 }
            let estimate = ReadEstimate(
                size: try admin.size(of: context.targetName(of: table)),
                rows: estimates.reduce(0, +),
                isConsistent: options.isConsistent
            )
            context.log.info("\(table.name): \(estimate.sentence)")
        }
        if options.repairs { context.log.info("items that are missing or different will be put") }
        if options.deletesExtra { context.log.info("items that no row makes will be deleted") }
    }
}

/// What a scan of a table may cost.
struct ReadEstimate: Equatable {
    /// Bytes that a read unit pays for.
    /// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/capacity-unit-calculations.html
    private static let bytesPerUnit = 4096
    /// For a table of which nothing is known yet.
    private static let bytesPerItemGuessed = 512

    var items: Int
    var bytes: Int
    var readUnits: Int
    /// Whether the numbers come from the source's rows rather than from the table.
    var isBySource: Bool

    /// `size` is what the service says, which may be six hours old; `rows`, the source's estimate,
    /// counts where it is larger.
    init(size: TableAdmin.Size?, rows: Int, isConsistent: Bool) {
        let items = size?.items ?? 0
        let bytes = size?.bytes ?? 0
        isBySource = rows > items
        self.items = max(rows, items)
        if isBySource {
            let each = items > 0 ? Double(bytes) / Double(items) : Double(Self.bytesPerItemGuessed)
            self.bytes = Int(min(each * Double(rows), 9e17))
        } else {
            self.bytes = bytes
        }
        let units = (self.bytes + Self.bytesPerUnit - 1) / Self.bytesPerUnit
        // A scan costs something even where the service has counted no bytes yet.
        readUnits = max(isConsistent ? units : (units + 1) / 2, 1)
    }

    var sentence: String {
        "a full scan costs about \(Quantity.grouped(readUnits)) read units (an estimate: "
            + "\(Quantity.grouped(items)) items, \(Quantity.bytes(bytes)), "
            + (isBySource ? "by the source's rows" : "as DynamoDB last counted")
            + "); where anything differs, as much again"
    }
}
