import Foundation
import Glibc
import TestSupport
import Testing

/// What must not matter to the tables that a run leaves.
@Suite("The tables that a run leaves", .enabled(if: CrashBench.isPossible), .serialized)
struct MetamorphicTests {
    @Test(
        "are the same for any number of readers, workers and requests, and any size of chunks",
        arguments: [
            ["--readers=1", "--workers=1", "--in-flight=1", "--chunk-rows=100000"],
            ["--readers=1", "--workers=4", "--in-flight=64", "--chunk-rows=100"],
            ["--readers=8", "--workers=1", "--in-flight=2", "--chunk-rows=150"],
            ["--readers=8", "--workers=8", "--in-flight=32", "--chunk-rows=107"],
            ["--readers=3", "--workers=2", "--in-flight=8", "--chunk-rows=429", "--inline"],
        ]
    )
    func concurrency(arguments: [String]) throws {
        let bench = try CrashBench()
        bench.arguments = arguments
        let context = arguments.joined(separator: " ")
        try bench.expectComplete(try bench.migrate(), context)
        // Once more over what is there: nothing changes.
        try bench.expectComplete(try bench.migrate(), "\(context), again")
    }

    @Test("are the same on the other server")
    func mariadb() throws {
        let bench = try CrashBench(.mariadb)
        try bench.expectComplete(try bench.migrate(), "MariaDB")
    }

    @Test("are the same for any schedule of faults")
    func faults() throws {
        let bench = try CrashBench()
        for round in 0..<5 {
            try bench.reset()
            var schedule = FaultSchedule(seed: CrashBudget.seed &+ UInt64(round))
            schedule.faultRate = 0.3
            schedule.unprocessedRate = 0.2
            schedule.throttleRate = 0.1
            bench.faults.set { [schedule] in schedule.fault(of: $0) }
            let context = "UNGLUE_TEST_SEED=\(CrashBudget.seed), round \(round)"
            try bench.expectComplete(try bench.migrate(), context)
        }
    }

    @Test("are the same for any number of kills, at any moment, with faults in between")
    func kills() throws {
        let bench = try CrashBench()
        var random = SeededRandom(seed: CrashBudget.seed)
        for kills in [1, 3, 6] {
            try bench.reset()
            var schedule = FaultSchedule(seed: CrashBudget.seed)
            schedule.faultRate = 0.1
            schedule.unprocessedRate = 0.1
            bench.faults.set { [schedule] request in
                // So that a run takes long enough to be killed in it.
                schedule.fault(of: request) ?? .delay(.milliseconds(10))
            }
            let context = "UNGLUE_TEST_SEED=\(CrashBudget.seed), \(kills) kills"
            for _ in 0..<kills {
                let process = try bench.start(
                    bench.migration(),
                    adding: try CrashPoints.later(bench)
                )
                let writes = bench.fake.journal.count(where: \.isAcknowledged)
                bench.wait(
                    forWrites: writes + Int.random(in: 0...200, using: &random),
                    of: process
                )
                usleep(.random(in: 0...300_000, using: &random))
                kill(process.processIdentifier, SIGKILL)
                let outcome = try bench.finish(process)
                #expect([128 + SIGKILL, 3].contains(outcome.status), "\(context): \(outcome)")
                _ = try bench.expectAcknowledged(context)
            }
            try bench.expectComplete(try bench.resume(), context)
        }
    }

    @Test("are the same though the connection to the server is cut again and again")
    func cuts() throws {
        let bench = try CrashBench()
        let address = try #require(bench.environment["UNGLUE_MYSQL_URL"])
        let port = try #require(
            address.split(separator: "/")[1].split(separator: ":").last.flatMap { UInt16($0) }
        )
        for round in 0..<4 {
            try bench.reset()
            let proxy = try CuttingProxy(
                server: port,
                course: CuttingProxy.courses(
                    seed: CrashBudget.seed &+ UInt64(round),
                    share: 0.5,
                    bytes: 40_000
                )
            )
            defer { proxy.stop() }
            let context = "UNGLUE_TEST_SEED=\(CrashBudget.seed), round \(round)"
            var environment = try CrashPoints.later(bench)
            environment["UNGLUE_MYSQL_URL"] =
                "mysql://root@127.0.0.1:\(proxy.port)/\(bench.database)"
            // A cut before the run has begun ends the process, which has done nothing yet.
            var outcome = try bench.migrate(adding: environment)
            for _ in 0..<20 where outcome.status == 1 {
                outcome = try bench.migrate(adding: environment)
            }
            try bench.expectComplete(outcome, context)
        }
    }
}
