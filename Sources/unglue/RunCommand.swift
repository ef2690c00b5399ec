/// `unglue run`.
enum RunCommand {
    static func run(_ context: CommandContext) throws -> ExitStatus {
        context.log.error("not wired")
        return .failed
    }
}
