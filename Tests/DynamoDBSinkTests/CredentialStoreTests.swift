import Mapping
import Synchronization
import Testing
@testable import DynamoDBSink

@Suite("Credential store")
struct CredentialStoreTests {
    private final class Source: CredentialSource {
        let results: Mutex<[Result<Credentials, DynamoDBError>]>

        init(_ results: [Result<Credentials, DynamoDBError>]) {
            self.results = Mutex(results)
        }

        func load() throws(DynamoDBError) -> Credentials {
            try results.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }.get()
        }
    }

    private func credentials(_ name: String, expiry: Int?) -> Credentials {
        Credentials(accessKeyID: name, secretAccessKey: "s", sessionToken: nil, expiry: expiry)
    }

    @Test("credentials are renewed in the background a quarter of an hour before they expire")
    func renewal() throws {
        let now = Mutex(0)
        let source = Source([
            .success(credentials("a", expiry: 10_000)), .success(credentials("b", expiry: 20_000)),
        ])
        let store = try CredentialStore(source: source, clock: { now.withLock { $0 } })
        now.withLock { $0 = 9_099 }
        #expect(try store.current().credentials.accessKeyID == "a")
        store.wait()
        #expect(try store.current().generation == 0)
        now.withLock { $0 = 9_100 }
        // Still good while the new ones come.
        #expect(try store.current().credentials.accessKeyID == "a")
        store.wait()
        #expect(try store.current().credentials.accessKeyID == "b")
        #expect(try store.current().generation == 1)
    }

    @Test("where renewal fails, the reason is told once the old ones have expired, and it goes on")
    func failingRenewal() throws {
        let now = Mutex(0)
        let failure = DynamoDBError(
            code: "Credentials",
            operation: "o",
            message: "endpoint is gone"
        )
        let source = Source([
            .success(credentials("a", expiry: 10_000)), .failure(failure),
            .success(credentials("b", expiry: 20_000)),
        ])
        let store = try CredentialStore(source: source, clock: { now.withLock { $0 } })
        now.withLock { $0 = 9_990 }
        #expect(try store.current().credentials.accessKeyID == "a")
        store.wait()
        now.withLock { $0 = 10_000 }
        #expect(throws: failure) { try store.current() }
        store.wait()
        #expect(try store.current().credentials.accessKeyID == "b")
    }

    @Test("keys that the source gives again after the service refused them are not tried on")
    func unchanged() throws {
        let store = try CredentialStore(
            source: Source([.success(credentials("a", expiry: nil))]),
            clock: { 0 }
        )
        #expect(store.expired(generation: 0) == .renewing)
        store.wait()
        #expect(store.expired(generation: 0) == .unchanged)
    }
}
