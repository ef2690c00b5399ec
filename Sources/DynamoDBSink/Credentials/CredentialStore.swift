internal import Dispatch
internal import Synchronization

/// Where credentials come from.
///
/// Called again when they are about to expire.
protocol CredentialSource: Sendable {
    /// Blocks while files, processes or endpoints are asked.
    func load() throws(DynamoDBError) -> Credentials
}

/// The credentials of a run, renewed in the background before they expire.
///
/// Used from any thread.
final class CredentialStore: Sendable {
    struct Snapshot: Sendable {
        var credentials: Credentials
        /// Counts the times that the credentials changed.
        var generation: Int
    }

    enum Renewal: Equatable {
        /// New credentials are there, or on their way.
        case renewing
        /// The source was asked again and gave the same ones, which have no expiry by which it
        /// would renew them itself.
        case unchanged
    }

    private struct State {
        var snapshot: Snapshot
        var isRenewing = false
        /// The generation that the source gave again when it was asked to renew it.
        var unchangedGeneration: Int?
        var failure: DynamoDBError?
        /// Seconds since 1970 before which the source is not asked again.
        var notBefore = 0
    }

    /// Seconds before the expiry at which renewal begins, as the AWS SDKs have it.
    static let renewalAhead = 15 * 60
    /// Seconds between two attempts where one failed or brought nothing new.
    private static let pauseAfterFailure = 5

    private let source: any CredentialSource
    private let clock: @Sendable () -> Int
    private let state: Mutex<State>
    private let queue = DispatchQueue(label: "unglue.dynamodb.credentials")

    /// Loads the first credentials; blocks.
    ///
    /// `clock`: seconds since 1970.
    init(source: any CredentialSource, clock: @escaping @Sendable () -> Int) throws(DynamoDBError) {
        self.source = source
        self.clock = clock
        let credentials = try source.load()
        state = Mutex(State(snapshot: Snapshot(credentials: credentials, generation: 0)))
    }

    /// The credentials to sign with now; never blocks.
    ///
    /// - Throws: why they could not be renewed, once they have expired.
    func current() throws(DynamoDBError) -> Snapshot {
        let now = clock()
        let (result, mustRenew) = state.withLock { state in
            let expiry = state.snapshot.credentials.expiry ?? .max
            let mustRenew = expiry - now <= Self.renewalAhead && begin(&state, now)
            return (
                expiry > now ? Result.success(state.snapshot) : .failure(expired(state)), mustRenew
            )
        }
        if mustRenew { renew() }
        return try result.get()
    }

    /// The service says that the credentials of this generation have expired.
    func expired(generation: Int) -> Renewal {
        let now = clock()
        let (renewal, mustRenew) = state.withLock { state -> (Renewal, Bool) in
            if state.snapshot.generation != generation { return (.renewing, false) }
            let isStatic = state.snapshot.credentials.expiry == nil
            if isStatic, state.unchangedGeneration == generation { return (.unchanged, false) }
            return (.renewing, begin(&state, now))
        }
        if mustRenew { renew() }
        return renewal
    }

    /// Waits until no renewal is under way.
    func wait() {
        queue.sync {}
    }

    private func begin(_ state: inout State, _ now: Int) -> Bool {
        guard !state.isRenewing, now >= state.notBefore else { return false }
        state.isRenewing = true
        return true
    }

    private func renew() {
        queue.async { [self] in
            let result = Result { () throws(DynamoDBError) in try source.load() }
            state.withLock { state in
                state.isRenewing = false
                state.notBefore = 0
                switch result {
                case .success(let credentials) where credentials == state.snapshot.credentials:
                    state.unchangedGeneration = state.snapshot.generation
                    state.notBefore = clock() + Self.pauseAfterFailure
                case .success(let credentials):
                    state.snapshot.credentials = credentials
                    state.snapshot.generation += 1
                    state.failure = nil
                case .failure(let error):
                    state.failure = error
                    state.notBefore = clock() + Self.pauseAfterFailure
                }
            }
        }
    }

    private func expired(_ state: State) -> DynamoDBError {
        state.failure
            ?? DynamoDBError(
                code: "Credentials",
                operation: "Renewing the credentials",
                message: "the credentials have expired and no new ones have come yet"
            )
    }
}
