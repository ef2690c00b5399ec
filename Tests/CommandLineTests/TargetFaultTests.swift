import Foundation
import Synchronization
import TestSupport
import Testing

/// What becomes of a whole run whose rights change: catalogue lines 64 and 65.
@Suite("A run whose target turns it away", .enabled(if: CrashBench.isPossible), .serialized)
struct TargetFaultTests {
    private static func fewRequests(_ bench: CrashBench) {
        bench.arguments = ["--readers=1", "--workers=1", "--in-flight=1", "--chunk-rows=100"]
    }

    @Test("because access is taken away ends at once, and is resumed once it is given back")
    func accessDenied() throws {
        let bench = try CrashBench()
        Self.fewRequests(bench)
        let writes = Atomic<Int>(0)
        bench.faults.set { request in
            guard request.operation == "BatchWriteItem" else { return nil }
            let number = writes.add(1, ordering: .relaxed).oldValue
            return number < 12 ? .delay(.milliseconds(60)) : .accessDenied
        }
        let outcome = try bench.migrate()
        #expect(outcome.status == 1, "\(outcome)")
        #expect(outcome.errors.contains("is not authorized to perform"), "\(outcome.errors)")
        #expect(outcome.errors.contains("Allow dynamodb:BatchWriteItem"), "\(outcome.errors)")
        let covered = try bench.expectAcknowledged("access denied")
        #expect(!covered.isEmpty)
        bench.faults.set { _ in nil }
        try bench.expectComplete(try bench.resume(), "access given back")
    }

    @Test("because credentials expire goes on with new ones")
    func renewed() throws {
        let bench = try CrashBench()
        Self.fewRequests(bench)
        // Each call gives another key.
        let script = """
            #!/bin/sh
            echo x >> keys
            echo "{\\"Version\\": 1, \\"AccessKeyId\\": \\"KEY$(wc -l < keys | tr -d ' ')\\", \
            \\"SecretAccessKey\\": \\"s\\"}"

            """
        let path = try bench.directory.write(script, to: "keys.sh", mode: 0o700)
        let profile = "[default]\ncredential_process = \(path)\nregion = us-east-1\n"
        let config = try bench.directory.write(profile, to: "config")
        let writes = Atomic<Int>(0)
        let expired = Mutex("")
        bench.faults.set { request in
            guard request.operation == "BatchWriteItem" else { return nil }
            let number = writes.add(1, ordering: .relaxed).oldValue
            return expired.withLock { expired in
                if number == 6 { expired = request.accessKeyID }
                return request.accessKeyID == expired ? .expiredCredentials : nil
            }
        }
        let environment = [
            "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_CONFIG_FILE": config,
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        ]
        try bench.expectComplete(try bench.migrate(adding: environment), "credentials renewed")
        let keys = Set(bench.fake.requestJournal.map(\.accessKeyID)).subtracting(["local"])
        #expect(keys.count >= 2, "\(keys)")
    }

    @Test("because credentials expire for good ends, and is resumed with new ones")
    func expired() throws {
        let bench = try CrashBench()
        Self.fewRequests(bench)
        let writes = Atomic<Int>(0)
        bench.faults.set { request in
            guard request.operation == "BatchWriteItem" else { return nil }
            let number = writes.add(1, ordering: .relaxed).oldValue
            return number < 12 ? .delay(.milliseconds(60)) : .expiredCredentials
        }
        let outcome = try bench.migrate()
        #expect(outcome.status == 1, "\(outcome)")
        #expect(outcome.errors.contains("Renew the session token"), "\(outcome.errors)")
        _ = try bench.expectAcknowledged("credentials expired")
        bench.faults.set { _ in nil }
        try bench.expectComplete(try bench.resume(), "new credentials")
    }
}
