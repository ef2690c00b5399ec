import Foundation
import TestSupport
import Testing

/// Crash enumeration: the program is ended at each of the calls through which it reaches the
/// outside, run again, and everything is compared.
@Suite("A run that is killed", .enabled(if: CrashBench.isPossible), .serialized)
struct CrashTests {
    @Test(
        "at any point of its work, and run again, ends with exactly the right tables",
        arguments: CrashPoints.Way.killing
    )
    func anyPoint(way: CrashPoints.Way) throws {
        let bench = try CrashBench()
        let count = try CrashPoints.count(.all, of: bench)
        try CrashBudget.points(count, "killed \(way.rawValue)") { point in
            try bench.reset()
            let context = try killed(bench, at: point, way)
            let covered = try bench.expectAcknowledged(context)
            let sent = bench.fake.journal.count
            try bench.expectComplete(try bench.resume(), context)
            expectNotSentAgain(bench, covered, from: sent, context)
        }
    }

    /// Runs the program up to its end at the point; says what it was.
    private func killed(
        _ bench: CrashBench,
        at point: Int,
        _ way: CrashPoints.Way,
        isLater: Bool = false
    ) throws -> String {
        var environment = try CrashPoints.environment(point: point, way: way, bench: bench)
        environment["CRASH_CLOCK"] = isLater ? "3" : "0"
        let outcome = try bench.migrate(adding: environment)
        let context =
            "UNGLUE_TEST_SEED=\(CrashBudget.seed), \(way.rawValue) \(CrashPoints.report(bench))"
        // A run may come by with fewer calls than the one that was counted.
        #expect([128 + SIGKILL, 3].contains(outcome.status), "\(context): \(outcome)")
        return context
    }

    /// What a checkpoint covers is not sent once more, save to settle duplicates.
    private func expectNotSentAgain(
        _ bench: CrashBench,
        _ covered: [String: Set<String>],
        from first: Int,
        _ context: String
    ) {
        let twin = CrashBench.Book(CrashBench.sameKey.first).key
        let again = bench.fake.journal[first...].filter { entry in
            entry.key != twin && covered[entry.table]?.contains(entry.key) == true
        }
        #expect(again.isEmpty, "\(context): sent again: \(again.count) items")
    }

    @Test("twice, at random points, and run again, ends with exactly the right tables")
    func twice() throws {
        let bench = try CrashBench()
        let count = try CrashPoints.count(.all, of: bench)
        var random = SeededRandom(seed: CrashBudget.seed)
        try CrashBudget.points(count, "killed twice") { first in
            try bench.reset()
            let ways = CrashPoints.Way.killing
            let contexts = [
                try killed(bench, at: first, ways.randomElement(using: &random) ?? .before),
                try killed(
                    bench,
                    at: Int.random(in: 1...count, using: &random),
                    ways.randomElement(using: &random) ?? .before,
                    isLater: true
                ),
            ]
            let context = contexts.joined(separator: "; ")
            _ = try bench.expectAcknowledged(context)
            try bench.expectComplete(try bench.resume(), context)
        }
    }

    @Test(
        "by a full or a faulty disk says so, keeps its last checkpoint, and ends right when resumed",
        arguments: [CrashPoints.Way.enospc, .eio]
    )
    func disk(way: CrashPoints.Way) throws {
        let bench = try CrashBench()
        let count = try CrashPoints.count(.state, of: bench)
        try CrashBudget.points(count, "disk \(way.rawValue)") { point in
            try bench.reset()
            let outcome = try bench.migrate(
                adding: try CrashPoints.environment(
                    point: point,
                    way: way,
                    calls: .state,
                    bench: bench
                )
            )
            let context =
                "UNGLUE_TEST_SEED=\(CrashBudget.seed), \(way.rawValue) \(CrashPoints.report(bench))"
            if outcome.status == 3 {
                // What failed was not needed (a file that is only taken away, say): all is there.
                try bench.expectComplete(outcome, context)
                return
            }
            #expect(outcome.status == 1, "\(context): \(outcome)")
            #expect(!outcome.errors.isEmpty, "\(context)")
            _ = try bench.expectAcknowledged(context)
            try bench.expectComplete(try bench.resume(), context)
        }
    }
}
