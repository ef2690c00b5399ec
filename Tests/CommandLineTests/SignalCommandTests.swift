import Foundation
import Glibc
import MySQLSource
import Testing

@testable import unglue

@Suite("signals to a run on real servers", .enabled(if: !SourceServer.present.isEmpty))
struct SignalCommandTests {
    /// Starts a run whose rows take the server so many seconds each, and returns when it is reading them.
    private func startSlowRun(_ bench: Bench, secondsPerRow: Int) throws -> Process {
        try bench.execute(
            "CREATE VIEW \(bench.database).slow AS SELECT id, title, SLEEP(\(secondsPerRow)) AS price "
                + "FROM \(bench.database).books"
        )
        let contract = Bench.contract.replacingOccurrences(
            of: #""source_table": "books","#,
            with: #""source_table": "books", "view": "slow","#
        )
        _ = try bench.directory.write(contract, to: "slow.json")
        for name in ["output", "errors"] { _ = try bench.directory.write("", to: name) }
        let process = try Program.start(
            [
                "run", "slow.json", "--setup", "--output=json", "--verbose",
                "--table-prefix", bench.prefix,
            ],
            environment: bench.environment,
            in: bench.directory.path,
            output: try #require(
                FileHandle(forWritingAtPath: "\(bench.directory.path)/output")
            ),
            errors: try #require(
                FileHandle(forWritingAtPath: "\(bench.directory.path)/errors")
            )
        )
        try wait(for: "1 entities", in: bench)
        try waitUntilReading(bench)
        return process
    }

    /// A run that has not yet sent its query would end at the first signal, however slow the rows.
    private func waitUntilReading(_ bench: Bench) throws {
        let reading = """
            SELECT 1 FROM information_schema.processlist \
            WHERE db = '\(bench.database)' AND state = 'User sleep'
            """
        for _ in 0..<3000 {
            let rows = try bench.connection.query(reading, operation: "wait for the run's query")
            if !rows.isEmpty { return }
            usleep(10_000)
        }
        Issue.record("the run did not begin to read")
    }

    private func wait(for text: String, in bench: Bench) throws {
        for _ in 0..<3000 {
            if try bench.directory.read("errors").contains(text) { return }
            usleep(10_000)
        }
        Issue.record("the run did not say \(text): \(try bench.directory.read("errors"))")
    }

    @Test("end a run at the first signal with its report", arguments: SourceServer.present)
    func stop(_ server: SourceServer) throws {
        let bench = try Bench(server)
        let process = try startSlowRun(bench, secondsPerRow: 1)
        #expect(kill(process.processIdentifier, SIGTERM) == 0)
        process.waitUntilExit()
        #expect(process.terminationStatus == 143)
        let output = try bench.directory.read("output")
        #expect(output.contains(#""state": "interrupted""#), "\(output)")
        #expect(
            try bench.directory.read("errors").contains(
                "stopping after the writes in flight; once more stops at once\n"
            )
        )
    }

    @Test("end a run at once at the second signal", arguments: SourceServer.present)
    func stopAtOnce(_ server: SourceServer) throws {
        let bench = try Bench(server)
        let process = try startSlowRun(bench, secondsPerRow: 30)
        #expect(kill(process.processIdentifier, SIGINT) == 0)
        try wait(for: "stopping", in: bench)
        #expect(kill(process.processIdentifier, SIGINT) == 0)
        process.waitUntilExit()
        #expect(process.terminationReason == .exit)
        #expect(process.terminationStatus == 130)
        #expect(try bench.directory.read("output") == "")
    }
}
