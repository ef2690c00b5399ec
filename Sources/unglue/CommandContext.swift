import Contract
import DynamoDBSink
import Pipeline

/// A contract's file that cannot be read.
///
/// Exit status 2.
struct ContractFileError: Error, Sendable, Equatable, CustomStringConvertible {
    var cause: InputFileError
    var description: String { cause.description }
}

/// What every command is given: the settings, and ways to speak.
struct CommandContext: Sendable {
    let settings: Settings
    let log: Log
    let output = StandardOutput()
    let errors: ErrorStream
    let stop: StopSignal

    /// Prints results in the form that `--output` asks for.
    var reporter: any Reporter {
        settings.output.reporter(style: Style(settings, isTerminal: StandardOutput.isTerminal))
    }

    /// The display of a run's progress, ready to be started; nil where none is wanted.
    func progress(_ snapshot: @escaping @Sendable () -> RunProgress) -> ProgressDisplay? {
        guard settings.showsProgress else { return nil }
        let redraws = errors.isTerminal && !settings.terminalIsDumb && settings.log == .text
        return ProgressDisplay(
            redraws: redraws,
            clearsAtEnd: StandardOutput.isTerminal,
            stream: errors,
            log: log,
            style: Style(settings, isTerminal: errors.isTerminal),
            snapshot: snapshot
        )
    }

    /// Calls back at the first signal that asks to stop, and says what happens now.
    func onStop(_ callback: @escaping @Sendable () -> Void) {
        stop.onStop { [log] _ in
            callback()
            log.warning("stopping after the writes in flight; once more stops at once")
        }
    }

    /// The contract, as far as `--tables` chooses, with its warnings told.
    ///
    /// Throws `ContractFileError`, `ContractError` or, for an unknown table, `UsageError`: all of
    /// them exit status 2.
    func loadContract() throws -> Contract {
        let decoded = try decodeContract()
        for warning in decoded.warnings { log.report(warning) }
        return decoded.contract
    }

    /// The same with the warnings in hand instead of told.
    func decodeContract() throws -> DecodedContract {
        try decode(try contractBytes())
    }

    /// The contract with its warnings told, and the whole file as JSON in one form, whatever its
    /// spaces and lines are.
    func loadContractWithText() throws -> (contract: Contract, text: String) {
        let bytes = try contractBytes()
        let decoded = try decode(bytes)
        for warning in decoded.warnings { log.report(warning) }
        return (decoded.contract, try JSONParser.parse(bytes).serialized(pretty: true))
    }

    private func contractBytes() throws(ContractFileError) -> [UInt8] {
        do {
            return try InputFile.read(
                settings.contractPath,
                bytesMax: ContractLimits.fileBytesMax
            ).bytes
        } catch {
            throw ContractFileError(cause: error)
        }
    }

    private func decode(_ bytes: [UInt8]) throws -> DecodedContract {
        var decoded = try ContractDecoder.decode(bytes)
        decoded.contract.tables = try chosen(of: decoded.contract.tables)
        return decoded
    }

    /// The tables that `--tables` names, in the contract's order.
    private func chosen(of tables: [Table]) throws(UsageError) -> [Table] {
        guard let names = settings.tableNames else { return tables }
        let known = tables.map(\.name)
        let problems = names.filter { !known.contains($0) }.map { name in
            UsageProblem(
                "--tables: the contract has no table \(Neutral.quoted(name))",
                hint: NearestName.find(name, among: known).map { "did you mean \($0)?" }
                    ?? "it has \(known.joined(separator: ", "))"
            )
        }
        guard problems.isEmpty else { throw UsageError(problems, command: settings.command) }
        return tables.filter { names.contains($0.name) }
    }

    /// Where DynamoDB is, by the AWS conventions.
    func targetSettings() throws(DynamoDBError) -> DynamoDBSettings {
        var target = try DynamoDBSettings.resolve(
            settings.aws.options,
            environment: settings.aws.environment.variables
        )
        target.retryFor = settings.run.retryFor
        target.warn = { [log] in log.warning($0) }
        target.inFlightMax = settings.run.inFlight
        target.maxWriteUnits = settings.run.maxWriteUnits
        return target
    }

    /// The name of a contract's table in DynamoDB.
    func targetName(of table: Table) -> String { settings.tablePrefix + table.name }
}
