import Contract
import Foundation
import Glibc
import TestSupport
import Testing

@testable import unglue

/// Retries against the fake endpoint: refusals, items that stand there already, and ends in the
/// middle.
@Suite("retry against the fake endpoint", .enabled(if: CrashBench.isPossible), .serialized)
struct RetryFaultTests {
    private let faults = CrashBench.FaultBox()
    private let fake: FakeDynamoDB
    private let bench: Bench

    init() throws {
        fake = try FakeDynamoDB { [faults] in faults.fault(of: $0) }
        bench = try Bench(.mysql, endpoint: fake.url)
        bench.endpointServer = fake
    }

    private var table: String { "\(bench.prefix)Books" }

    /// A run with so many more rows, all of them rejected for their empty title.
    private func rejecting(_ count: Int) throws -> RetryBench {
        try bench.execute("SET SESSION cte_max_recursion_depth = 100000")
        try bench.execute(
            """
            INSERT INTO \(bench.database).books WITH RECURSIVE n AS (
              SELECT 4 AS id UNION ALL SELECT id + 1 FROM n WHERE id < \(3 + count))
            SELECT id, '', id FROM n
            """
        )
        return try RetryBench(bench)
    }

    private func mendRows() throws {
        try bench.execute("UPDATE \(bench.database).books SET title = 'x' WHERE title = ''")
    }

    private func item(_ text: String) throws -> JSONValue {
        try JSONParser.parse(Array(text.utf8))
    }

    @Test("puts items again that the target has refused")
    func refused() throws {
        faults.set { request in
            ["BatchWriteItem", "PutItem"].contains(request.operation)
                ? .error(
                    status: 400,
                    type: "com.amazon.coral.validate#ValidationException",
                    message: "not today"
                ) : nil
        }
        let retry = try RetryBench(bench)
        let before = try bench.directory.read(retry.path).split(separator: "\n").sorted()
        #expect(before.count == 3)
        #expect(before.allSatisfy { $0.contains(#""row":{"item":{"id":"#) })
        try retry.expectRetry(status: 3, letters: 3, rejected: 3)
        let after = try bench.directory.read(retry.path).split(separator: "\n").sorted()
        #expect(after == before)
        faults.set { _ in nil }
        try retry.expectRetry(letters: 3, written: 3)
        try retry.expectStatus("succeeded", read: 3, written: 3)
        try retry.expectComplete()
    }

    @Test("keeps an item that stands there with the key, and replaces it only when told to")
    func kept() throws {
        let retry = try rejecting(2)
        let other = try item(#"{"id":{"N":"4"},"price":{"N":"99"},"title":{"S":"x"}}"#)
        try fake.put(other, into: table)
        try mendRows()
        let letters = try bench.directory.read(retry.path)
        try retry.expectRetry(letters: 2, written: 1, kept: 1)
        try retry.expectStatus("succeeded", read: 5, written: 4, kept: 1)
        #expect(fake.items(of: table).values.contains(other))

        // As if the process had died before it dropped the letters: the counts stay.
        _ = try bench.directory.write(letters, to: retry.path)
        try retry.expectRetry(letters: 2, written: 1, kept: 1)
        try retry.expectStatus("succeeded", read: 5, written: 4, kept: 1)

        _ = try bench.directory.write(letters, to: retry.path)
        try retry.expectRetry(["--mode=replace"], letters: 2, written: 2)
        #expect(!fake.items(of: table).values.contains(other))
        try retry.expectComplete()
    }

    @Test("never lets the last of two rows with one key win in silence", arguments: [true, false])
    func sameKey(replaces: Bool) throws {
        let contract = Bench.contract.replacingOccurrences(
            of: #""pk": "id", "sk": "title""#,
            with: #""pk": "title""#
        )
        _ = try bench.directory.write(contract, to: "titles.json")
        try bench.execute("INSERT INTO \(bench.database).books VALUES (4, '', 1), (5, '', 2)")
        let retry = try RetryBench(bench, contract: "titles.json")
        try mendRows()
        if replaces {
            try retry.expectRetry(
                ["--mode=replace"],
                status: 3,
                letters: 2,
                written: 1,
                rejected: 1
            )
            #expect(
                try retry.letters?.first?["reason"] as? String
                    == "another rejected row has the same key, and its item was sent"
            )
        } else {
            try retry.expectRetry(letters: 2, written: 1, kept: 1)
        }
        let prices = fake.items(of: table).values.filter { $0["title"]?["S"]?.string == "x" }
        #expect(prices.count == 1)
    }

    @Test("is refused of a run that is not finished")
    func unfinished() throws {
        faults.set { request in
            request.operation == "BatchWriteItem"
                ? .error(
                    status: 400,
                    type: "com.amazon.coral.service#AccessDeniedException",
                    message: "no"
                ) : nil
        }
        let failed = try bench.run(["run", "books.json", "--setup", "--output=json", "--quiet"])
        #expect(failed.status == 1)
        let run = try #require(try RetryBench.object(failed.output)["run"] as? String)
        let outcome = try bench.run(["retry", run])
        #expect(outcome.status == 1)
        #expect(
            outcome.errors
                == "unglue: error: run \(run) is failed: resume it first: unglue run 'books.json'\n"
        )
    }

    @Test("that fails keeps the letters that it has not settled")
    func failed() throws {
        let retry = try rejecting(300)
        try mendRows()
        faults.set { [fake, table] request in
            request.operation == "PutItem" && fake.itemCount(of: table) >= 100
                ? .error(
                    status: 400,
                    type: "com.amazon.coral.service#AccessDeniedException",
                    message: "no"
                ) : nil
        }
        let outcome = try retry.retry(["--in-flight=1"])
        #expect(outcome.status == 1, "\(outcome)")
        let report = try RetryBench.object(outcome.output)
        #expect(report["state"] as? String == "failed")
        let left = try #require(try retry.letters?.count)
        #expect(report["rejected"] as? Int == left)
        try retry.expectStatus("partial", read: 303, written: 303 - left, rejected: left)
        faults.set { _ in nil }
        try retry.expectRetry(letters: left, written: left)
        try retry.expectStatus("succeeded", read: 303, written: 303)
        try retry.expectComplete()
    }

    /// A retry of a thousand letters, some of them written.
    private func underWay() throws -> (RetryBench, Process) {
        let retry = try rejecting(1_000)
        try mendRows()
        faults.set { $0.operation == "PutItem" ? .delay(.milliseconds(10)) : nil }
        for name in [".output", ".errors"] { _ = try bench.directory.write("", to: name) }
        let output = try #require(FileHandle(forWritingAtPath: "\(bench.directory.path)/.output"))
        let errors = try #require(FileHandle(forWritingAtPath: "\(bench.directory.path)/.errors"))
        let process = try Program.start(
            ["retry", retry.run, "--output=json", "--in-flight=4"],
            environment: bench.environment,
            in: bench.directory.path,
            output: output,
            errors: errors
        )
        let deadline = ContinuousClock.now + .seconds(30)
        while fake.itemCount(of: table) < 150, ContinuousClock.now < deadline { usleep(5_000) }
        return (retry, process)
    }

    @Test("that is interrupted keeps the letters that it has not settled")
    func interrupted() throws {
        let (retry, process) = try underWay()
        kill(process.processIdentifier, SIGTERM)
        process.waitUntilExit()
        #expect(process.terminationStatus == 143)
        let report = try RetryBench.object(try bench.directory.read(".output"))
        #expect(report["state"] as? String == "interrupted")
        let left = try #require(try retry.letters?.count)
        #expect((1...850).contains(left))
        #expect(report["rejected"] as? Int == left)
        #expect(report["written"] as? Int == 1_000 - left)
        try retry.expectStatus("partial", read: 1_003, written: 1_003 - left, rejected: left)
        faults.set { _ in nil }
        try retry.expectRetry(letters: left, written: left)
        try retry.expectStatus("succeeded", read: 1_003, written: 1_003)
        try retry.expectComplete()
    }

    @Test("that is killed loses no letter, and is made again")
    func killed() throws {
        let (retry, process) = try underWay()
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        #expect(try retry.letters?.count == 1_000)
        try retry.expectStatus("partial", read: 1_003, written: 3, rejected: 1_000)
        faults.set { _ in nil }
        try retry.expectRetry(letters: 1_000, written: 1_000)
        try retry.expectStatus("succeeded", read: 1_003, written: 1_003)
        try retry.expectComplete()
    }
}
