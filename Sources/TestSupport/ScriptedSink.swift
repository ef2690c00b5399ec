import Contract
import Dispatch
import Mapping
public import Pipeline
import Synchronization

/// A sink in memory: keeps the last put of every key, answers in a scrambled order that its seed
/// fixes, and refuses or fails where a test wants it.
public final class ScriptedSink: ItemSink {
    public struct Fatal: Error, Equatable, CustomStringConvertible {
        public var description: String { "the scripted sink failed" }
    }

    private struct State {
        var items: [String: String] = [:]
        var puts = 0
        var waiting: [@Sendable () -> Void] = []
        var random: SeededRandom
        var isCancelled = false
    }

    private let keyNames: [String]
    private let refuses: @Sendable (String) -> String?
    private let fatalAfterPuts: Int
    private let state: Mutex<State>
    private let group = DispatchGroup()
    private let queue = DispatchQueue(label: "unglue.test.sink")

    /// - Parameters:
    ///   - keyNames: attributes of the key, of every table.
    ///   - seed: fixes the order of the answers.
    ///   - fatalAfterPuts: puts after which every batch fails.
    ///   - refuses: given an item's JSON, the reason to refuse it.
    public init(
        keyNames: [String],
        seed: UInt64 = 1,
        fatalAfterPuts: Int = .max,
        refuses: @escaping @Sendable (String) -> String? = { _ in nil }
    ) {
        self.keyNames = keyNames
        self.refuses = refuses
        self.fatalAfterPuts = fatalAfterPuts
        state = Mutex(State(random: SeededRandom(seed: seed)))
    }

    /// Items by table and key, as `table/key`.
    public var items: [String: String] { state.withLock { $0.items } }

    public var puts: Int { state.withLock { $0.puts } }

    public var isCancelled: Bool { state.withLock { $0.isCancelled } }

    public func submit(_ batch: Batch, done: @escaping @Sendable (Batch, BatchOutcome) -> Void) {
        group.enter()
        let answer: @Sendable () -> Void = { [self] in
            let outcome = apply(batch)
            done(batch, outcome)
            group.leave()
        }
        let isFull = state.withLock { state in
            state.waiting.append(answer)
            return state.waiting.count >= 4
        }
        if isFull { return answerWaiting() }
        // Some answers are waited for before another batch comes.
        queue.asyncAfter(deadline: .now() + 0.02) { self.answerWaiting() }
    }

    public func drain() {
        answerWaiting()
        group.wait()
    }

    private func answerWaiting() {
        let ready = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting.shuffled(using: &state.random)
        }
        for answer in ready { queue.async(execute: answer) }
    }

    public func cancel() {
        state.withLock { $0.isCancelled = true }
    }

    private func apply(_ batch: Batch) -> BatchOutcome {
        var outcome = BatchOutcome()
        outcome.requests = 1
        outcome.bytesSent = batch.body.count
        state.withLock { state in
            guard state.puts + batch.items.count <= fatalAfterPuts, !state.isCancelled else {
                outcome.fatal = Fatal()
                outcome.unwritten = batch.items.count
                return
            }
            for (index, item) in batch.items.enumerated() {
                let json = String(decoding: batch.body.array(item.range), as: UTF8.self)
                if let reason = refuses(json) {
                    outcome.refused.append((index, reason))
                    continue
                }
                state.puts += 1
                state.items[batch.tableName + "/" + key(of: json)] = json
                outcome.writeUnits += 1
            }
        }
        return outcome
    }

    private func key(of json: String) -> String {
        guard let item = try? JSONParser.parse(Array(json.utf8)) else { return "unreadable" }
        return keyNames.map { item[$0]?.serialized() ?? "-" }.joined(separator: "|")
    }
}

/// A random generator that a seed fixes (SplitMix64).
public struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) {
        state = seed
    }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
