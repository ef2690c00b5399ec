import Foundation
import Glibc
import TestSupport
import Testing

/// What the outside does to the process: catalogue lines 8 to 16.
@Suite("A run that is interrupted", .enabled(if: CrashBench.isPossible), .serialized)
struct InterruptionTests {
    /// A bench on which a run takes some seconds, and such a run, with some of it done.
    private func underWay(
        _ bench: CrashBench,
        _ extra: [String] = [],
        adding: [String: String] = [:]
    ) throws -> Process {
        bench.faults.set { request in
            request.operation == "BatchWriteItem" ? .delay(.milliseconds(100)) : nil
        }
        bench.arguments = ["--readers=1", "--workers=1", "--in-flight=1", "--chunk-rows=100"]
        let process = try bench.start(bench.migration(extra), adding: adding)
        bench.wait(forWrites: 100, of: process)
        return process
    }

    private func expectResumable(_ bench: CrashBench, _ context: String) throws {
        _ = try bench.expectAcknowledged(context)
        let outcome = try bench.resume()
        #expect(outcome.errors.contains("is resumed"), "\(context): \(outcome.errors)")
        try bench.expectComplete(outcome, context)
    }

    @Test(
        "by a signal ends in order, with its own status, and is resumed",
        arguments: [(SIGTERM, 143), (SIGINT, 130), (SIGHUP, 143)] as [(Int32, Int32)]
    )
    func signal(number: Int32, status: Int32) throws {
        let bench = try CrashBench()
        let process = try underWay(bench)
        kill(process.processIdentifier, number)
        let outcome = try bench.finish(process, withinSeconds: 15)
        #expect(outcome.status == status, "\(outcome)")
        #expect(outcome.output.contains(#""state": "interrupted""#), "\(outcome.output)")
        try expectResumable(bench, "signal \(number)")
    }

    @Test("by a second signal ends at once, and is resumed")
    func twoSignals() throws {
        let bench = try CrashBench()
        let process = try underWay(bench)
        bench.faults.set { _ in .delivery(.blackHole, applies: false) }
        usleep(200_000)
        kill(process.processIdentifier, SIGINT)
        usleep(100_000)
        kill(process.processIdentifier, SIGTERM)
        let outcome = try bench.finish(process, withinSeconds: 2)
        #expect([130, 143].contains(outcome.status), "\(outcome)")
        bench.faults.set { _ in nil }
        try expectResumable(bench, "two signals")
    }

    @Test("by SIGSTOP for some seconds goes on as if nothing had been")
    func stopped() throws {
        let bench = try CrashBench()
        let process = try underWay(bench)
        kill(process.processIdentifier, SIGSTOP)
        bench.fake.closeIdleConnections(isReset: true)
        usleep(3_000_000)
        kill(process.processIdentifier, SIGCONT)
        try bench.expectComplete(try bench.finish(process), "stopped")
    }

    @Test("by a terminal or a pipe that is closed goes on to its end", arguments: [true, false])
    func closedPipe(isErrors: Bool) throws {
        let bench = try CrashBench()
        bench.faults.set { _ in .delay(.milliseconds(20)) }
        let pipe = Pipe()
        _ = try bench.directory.write("", to: ".other")
        let file = try #require(FileHandle(forWritingAtPath: "\(bench.directory.path)/.other"))
        let process = try Program.start(
            bench.migration(["--verbose", "--progress"]) + ["--table-prefix", "crash-"],
            environment: bench.environment,
            in: bench.directory.path,
            output: isErrors ? file : pipe,
            errors: isErrors ? pipe : file
        )
        try pipe.fileHandleForReading.close()
        process.waitUntilExit()
        #expect(process.terminationReason == .exit)
        if isErrors {
            let outcome = Outcome(
                status: process.terminationStatus,
                output: try bench.directory.read(".other"),
                errors: ""
            )
            try bench.expectComplete(outcome, "closed standard error")
        } else {
            // The report could not be printed, which must show in the status.
            #expect(process.terminationStatus == 1)
            for (table, expected) in CrashBench.expected {
                #expect(bench.fake.digests(of: table) == expected)
            }
        }
    }

    /// Runs the program under a limit of the shell's.
    private func limited(_ limit: String, _ bench: CrashBench) throws -> Outcome {
        let arguments = bench.migration() + ["--table-prefix", "crash-"]
        for name in [".output", ".errors"] { _ = try bench.directory.write("", to: name) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments =
            ["-c", "\(limit) && exec \"$@\"", "bash", Program.path] + arguments
        process.environment = bench.environment.merging(["PATH": "/usr/bin:/bin"]) { old, _ in old }
        process.currentDirectoryURL = URL(fileURLWithPath: bench.directory.path)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: "\(bench.directory.path)/.output")
        process.standardError = FileHandle(forWritingAtPath: "\(bench.directory.path)/.errors")
        try process.run()
        return try bench.finish(process)
    }

    @Test("by a limit of 32 descriptors is done with fewer connections, or says what it lacks")
    func descriptors() throws {
        let bench = try CrashBench()
        bench.arguments = ["--readers=4", "--workers=2", "--in-flight=16", "--chunk-rows=100"]
        try bench.expectComplete(try limited("ulimit -n 32", bench), "32 descriptors")
        try bench.reset()
        bench.arguments = ["--readers=64", "--workers=2", "--in-flight=64", "--chunk-rows=100"]
        let outcome = try limited("ulimit -n 32", bench)
        if outcome.status == 3 {
            try bench.expectComplete(outcome, "32 descriptors, 64 readers")
        } else {
            #expect(outcome.status == 1, "\(outcome)")
            #expect(outcome.errors.contains("limit of open files (24)"), "\(outcome.errors)")
            try bench.expectComplete(try bench.resume(), "with descriptors again")
        }
    }

    @Test("by a limit of memory is done: rows of 390 KB, many at once, stay within 256 MB")
    func memory() throws {
        let bench = try CrashBench()
        try bench.execute("ALTER TABLE \(bench.database).books MODIFY note LONGTEXT")
        try bench.execute(
            "UPDATE \(bench.database).books SET note = REPEAT('x', 390000) WHERE id % 2 = 0"
        )
        bench.arguments = ["--readers=4", "--workers=4", "--in-flight=16", "--chunk-rows=100"]
        // Peak of the resident set, as the kernel has it, printed by Python in kilobytes.
        let environment = ProcessInfo.processInfo.environment
        let python = environment["UNGLUE_TEST_PYTHON"] ?? "/usr/bin/python3"
        let program = """
            import resource, subprocess, sys
            status = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
            print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
            sys.exit(status)
            """
        _ = try bench.directory.write(program, to: "peak.py")
        _ = try bench.directory.write("", to: ".peak")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments =
            ["peak.py", Program.path] + bench.migration() + ["--table-prefix", "crash-"]
        process.environment = bench.environment.merging(["PATH": "/usr/bin:/bin"]) { old, _ in old }
        process.currentDirectoryURL = URL(fileURLWithPath: bench.directory.path)
        process.standardOutput = FileHandle(forWritingAtPath: "\(bench.directory.path)/.peak")
        process.standardError = FileHandle(forWritingAtPath: "\(bench.directory.path)/.errors")
        try process.run()
        let outcome = try bench.finish(process)
        #expect(outcome.status == 3, "\(outcome.errors)")
        #expect(bench.fake.itemCount(of: CrashBench.bookTable) == CrashBench.books - 3)
        let peak = try #require(Int(try bench.directory.read(".peak").filter(\.isNumber)))
        #expect(peak < 256 * 1024, "\(peak) kB")
    }

    @Test(
        "by a wall clock that jumps, in either direction, is not led astray",
        arguments: [3600, -3600]
    )
    func clock(seconds: Int) throws {
        let bench = try CrashBench()
        let process = try underWay(bench)
        kill(process.processIdentifier, SIGKILL)
        _ = try bench.finish(process)
        bench.faults.set { _ in nil }
        var environment = try CrashPoints.environment(point: 0, bench: bench)
        environment["CRASH_CLOCK"] = "\(seconds)"
        try bench.expectComplete(try bench.migrate(adding: environment), "clock \(seconds)")
    }

    @Test("while another is at it refuses, and names the other; and not once that is killed")
    func twoRuns() throws {
        let bench = try CrashBench()
        let process = try underWay(bench)
        let second = try Program.run(
            bench.migration() + ["--table-prefix", "crash-"],
            environment: bench.environment,
            in: bench.directory.path
        )
        #expect(second.status == 1, "\(second)")
        #expect(second.errors.contains("\(process.processIdentifier)"), "\(second.errors)")
        kill(process.processIdentifier, SIGKILL)
        _ = try bench.finish(process)
        bench.faults.set { _ in nil }
        try expectResumable(bench, "after the other was killed")
    }
}
