import Foundation
import TestSupport
import Testing

/// The library that ends the program at a chosen call to the outside: `scripts/lib/crash_points.c`.
enum CrashPoints {
    /// What happens at the point.
    enum Way: String, CaseIterable, Sendable {
        case before, after, half, enospc, eio

        static let killing: [Way] = [.before, .after, .half]
    }

    /// Which calls count.
    enum Calls: String {
        case all, net, state
    }

    /// Built once a test run, by the system's C compiler.
    private static let library: Result<String, any Error> = Result {
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("scripts/lib/crash_points.c").path
        let target = FileManager.default.temporaryDirectory
            .appendingPathComponent("unglue-crash-points-\(UUID().uuidString).so").path
        let compiler = Process()
        compiler.executableURL = URL(fileURLWithPath: "/usr/bin/cc")
        compiler.arguments = ["-shared", "-fPIC", "-O2", "-Wall", "-o", target, source, "-ldl"]
        try compiler.run()
        compiler.waitUntilExit()
        guard compiler.terminationStatus == 0 else {
            throw CrashBench.Unexpected(what: "cc could not build \(source)")
        }
        return target
    }

    /// What must be in the program's environment.
    ///
    /// `point`: 0 only counts.
    static func environment(
        point: Int,
        way: Way = .before,
        calls: Calls = .all,
        bench: CrashBench
    ) throws -> [String: String] {
        [
            "LD_PRELOAD": try library.get(), "CRASH_STATE": bench.statePath,
            "CRASH_AT": "\(point)", "CRASH_HOW": way.rawValue, "CRASH_CALLS": calls.rawValue,
            "CRASH_REPORT": "\(bench.directory.path)/.crash",
        ]
    }

    /// The environment in which a process takes it that a while has passed since the last one's end:
    /// it would wait two seconds otherwise.
    static func later(_ bench: CrashBench) throws -> [String: String] {
        var environment = try environment(point: 0, bench: bench)
        environment["CRASH_CLOCK"] = "3"
        return environment
    }

    /// What the library had to say: `17 points` or `point 3: fsync`.
    static func report(_ bench: CrashBench) -> String {
        (try? bench.directory.read(".crash"))?.split(separator: "\n").first.map(String.init) ?? ""
    }

    /// How many points a whole run has.
    static func count(_ calls: Calls, of bench: CrashBench) throws -> Int {
        try bench.reset()
        let outcome = try bench.migrate(
            adding: try environment(point: 0, calls: calls, bench: bench)
        )
        try bench.expectComplete(outcome, "counting")
        return try #require(report(bench).split(separator: " ").first.flatMap { Int($0) })
    }
}

/// How long and with which numbers the tests of crashes go: `UNGLUE_TEST_CRASH_SECONDS` for each of
/// them (by default 12; `all`: every point), `UNGLUE_TEST_SEED` to have the same once more.
enum CrashBudget {
    static let seed: UInt64 =
        TestEnvironmentValue["UNGLUE_TEST_SEED"].flatMap { UInt64($0) } ?? .random(in: 1...999_999)

    static let duration: Duration? = {
        let value = TestEnvironmentValue["UNGLUE_TEST_CRASH_SECONDS"]
        if value == "all" { return nil }
        return .seconds(value.flatMap { Int($0) } ?? 12)
    }()

    private enum TestEnvironmentValue {
        static subscript(name: String) -> String? { ProcessInfo.processInfo.environment[name] }
    }

    /// Calls `body` with each number up to `count`, in an order that the seed fixes, while there is
    /// time.
    static func points(_ count: Int, _ name: String, body: (Int) throws -> Void) rethrows {
        var random = SeededRandom(seed: seed)
        let started = ContinuousClock().now
        var done = 0
        for point in (1...max(1, count)).shuffled(using: &random) {
            if let duration, ContinuousClock().now - started > duration { break }
            try body(point)
            done += 1
        }
        print("\(name): \(done) of \(count) points, UNGLUE_TEST_SEED=\(seed)")
    }
}
