import Contract
import Dispatch
import Mapping
import Synchronization
import TestSupport
import Testing

@testable import Pipeline

@Suite("Migration")
struct MigrationTests {
    private func rows(_ prefix: String, _ count: Int) -> [ScriptedSource.Row] {
        (0..<count).map { ["\(prefix)\($0)", "\($0)", "text \($0)"] }
    }

    private func run(
        _ source: ScriptedSource,
        _ sink: ScriptedSink,
        deadLetters: MemoryDeadLetters = MemoryDeadLetters(),
        readers: Int = 3,
        workers: Int = 2,
        before: (Migration) -> Void = { _ in }
    ) throws -> MigrationResult {
        let migration = try ThingsMigration.make(
            source,
            sink,
            deadLetters: deadLetters,
            options: MigrationOptions(readers: readers, workers: workers)
        )
        before(migration)
        return migration.run()
    }

    @Test("every row becomes its item, whatever the concurrency and the chunks", arguments: 1...6)
    func everyRow(seed: Int) throws {
        let source = ScriptedSource(
            entities: [rows("a", 500), rows("b", 123)],
            rowsPerChunk: 7 * seed,
            rowsPerSlab: seed
        )
        let sink = ScriptedSink(keyNames: ["id"], seed: UInt64(seed))
        let result = try run(source, sink, readers: seed, workers: 1 + seed % 3)
        #expect(result.state == .succeeded)
        #expect(result.tables[0].rowsRead == 623)
        #expect(result.tables[0].itemsWritten == 623)
        #expect(result.tables[0].isBalanced)
        #expect(sink.items.count == 623)
        #expect(
            sink.items[#"p-Things/{"S":"b122"}"#]
                == #"{"id":{"S":"b122"},"n":{"N":"122"},"text":{"S":"text 122"}}"#
        )
    }

    @Test("an empty source is a success")
    func empty() throws {
        let result = try run(
            ScriptedSource(entities: [[], []]),
            ScriptedSink(keyNames: ["id"])
        )
        #expect(result.state == .succeeded)
        #expect(result.tables[0].rowsRead == 0)
    }

    @Test("rows that cannot be items are set aside with key, reason and row")
    func rejected() throws {
        let source = ScriptedSource(
            entities: [[["a", "1", "x"], ["b", "one", nil], [nil, "2", "y"]], []])
        let sink = ScriptedSink(keyNames: ["id"])
        let letters = MemoryDeadLetters()
        let result = try run(source, sink, deadLetters: letters)
        #expect(result.state == .partial)
        #expect(result.tables[0].rejected == 2)
        #expect(result.tables[0].itemsWritten == 1)
        #expect(result.tables[0].isBalanced)
        let set = letters.letters.sorted { $0.row < $1.row }
        #expect(
            set.map(\.row) == [
                #"{"id":"b","n":"one","text":null}"#, #"{"id":null,"n":"2","text":"y"}"#,
            ]
        )
        #expect(set[0].key == #"{"id":{"S":"b"}}"#)
        #expect(set.allSatisfy { $0.table == "Things" && $0.entity == "A" && !$0.reason.isEmpty })
    }

    @Test("items that the target refuses are set aside too")
    func refused() throws {
        let sink = ScriptedSink(keyNames: ["id"]) { item in
            item.contains("a13") ? "too odd" : nil
        }
        let letters = MemoryDeadLetters()
        let result = try run(
            ScriptedSource(entities: [rows("a", 40), []]),
            sink,
            deadLetters: letters
        )
        #expect(result.state == .partial)
        #expect(result.tables[0].rejected == 1)
        #expect(result.tables[0].itemsWritten == 39)
        #expect(
            letters.letters == [
                DeadLetter(
                    table: "Things",
                    entity: "A",
                    key: #"{"id":{"S":"a13"}}"#,
                    reason: "too odd",
                    row: #"{"item":{"id":{"S":"a13"},"n":{"N":"13"},"text":{"S":"text 13"}}}"#
                )
            ]
        )
    }

    @Test(
        "rows with one key are counted, named, and the first in source order stays",
        arguments: 1...8
    )
    func duplicates(seed: Int) throws {
        var first = rows("a", 200)
        first[150] = ["a3", "999", "late"]
        first[151] = ["a3", "998", "later"]
        let second = rows("b", 30) + [["a3", "997", "latest"], ["b7", "1", "again"]]
        let sink = ScriptedSink(keyNames: ["id"], seed: UInt64(seed))
        let result = try run(
            ScriptedSource(entities: [first, second], rowsPerChunk: 9),
            sink,
            readers: 4
        )
        let table = result.tables[0]
        #expect(result.state == .succeeded)
        #expect(table.rowsRead == 232)
        #expect(table.duplicates == 4)
        #expect(table.itemsWritten == 228)
        #expect(table.isBalanced)
        #expect(
            table.duplicateKeys == [
                DuplicateKey(key: #"{"id":{"S":"a3"}}"#, rows: 4),
                DuplicateKey(key: #"{"id":{"S":"b7"}}"#, rows: 2),
            ]
        )
        #expect(sink.items.count == 228)
        #expect(
            sink.items[#"p-Things/{"S":"a3"}"#]
                == #"{"id":{"S":"a3"},"n":{"N":"3"},"text":{"S":"text 3"}}"#
        )
        #expect(
            sink.items[#"p-Things/{"S":"b7"}"#]
                == #"{"id":{"S":"b7"},"n":{"N":"7"},"text":{"S":"text 7"}}"#
        )
    }

    @Test("a refused row of a duplicate key is rejected, not counted as a duplicate")
    func refusedDuplicate() throws {
        var rows = rows("a", 20)
        rows[19] = ["a3", "999", "odd"]
        let sink = ScriptedSink(keyNames: ["id"]) { $0.contains("odd") ? "odd" : nil }
        let result = try run(ScriptedSource(entities: [rows, []]), sink)
        #expect(result.tables[0].duplicates == 0)
        #expect(result.tables[0].rejected == 1)
        #expect(result.tables[0].itemsWritten == 19)
        #expect(sink.items.count == 19)
    }

    @Test("a chunk that breaks is read again, and its rows are counted once")
    func retried() throws {
        let source = ScriptedSource(
            entities: [rows("a", 100), rows("b", 50)],
            failures: [
                ScriptedSource.Failure(entity: 0, firstRow: 30, afterRows: 8, times: 2),
                ScriptedSource.Failure(entity: 1, firstRow: 0, afterRows: 10),
            ]
        )
        let sink = ScriptedSink(keyNames: ["id"])
        let result = try run(source, sink)
        #expect(result.state == .succeeded)
        #expect(result.tables[0].rowsRead == 150)
        #expect(result.tables[0].itemsWritten == 150)
        #expect(result.tables[0].duplicates == 0)
        #expect(sink.items.count == 150)
        #expect(sink.puts > 150)
    }

    @Test("a row that is rejected again, since its chunk broke off, has one dead letter")
    func retriedLetters() throws {
        var bad = rows("a", 60)
        for index in [31, 33, 33 + 4, 45] { bad[index] = ["a\(index)", "no number", "x"] }
        bad[34] = ["a33", "no number", "x"]
        let source = ScriptedSource(
            entities: [bad, []],
            failures: [
                ScriptedSource.Failure(entity: 0, firstRow: 30, afterRows: 8, times: 3),
                ScriptedSource.Failure(entity: 0, firstRow: 40, afterRows: 9, times: 1),
            ]
        )
        let letters = MemoryDeadLetters()
        let migration = try ThingsMigration.make(
            source,
            ScriptedSink(keyNames: ["id"]),
            deadLetters: letters
        )
        let result = migration.run()
        #expect(result.state == .partial)
        #expect(result.tables[0].rejected == 5)
        #expect(result.tables[0].isBalanced)
        #expect(
            letters.letters(dropping: migration.brokenAttempts).map(\.key).sorted()
                == [31, 33, 33, 37, 45].map { #"{"id":{"S":"a\#($0)"}}"# }
        )
    }

    @Test("a source that cannot be read fails the run")
    func brokenSource() throws {
        let source = ScriptedSource(
            entities: [rows("a", 100), []],
            failures: [
                ScriptedSource.Failure(
                    entity: 0,
                    firstRow: 30,
                    afterRows: 8,
                    isRetryable: false
                )
            ]
        )
        let result = try run(source, ScriptedSink(keyNames: ["id"]))
        #expect(result.state == .failed)
        #expect(result.errors.map { "\($0)" } == ["the scripted source broke off"])
        #expect(result.tables[0].isBalanced)
    }

    @Test("a target that fails ends the run with its own words, and the accounts still balance")
    func brokenSink() throws {
        let sink = ScriptedSink(keyNames: ["id"], fatalAfterPuts: 100)
        let result = try run(ScriptedSource(entities: [rows("a", 5000), []]), sink)
        #expect(result.state == .failed)
        #expect(result.errors.map { "\($0)" } == ["the scripted sink failed"])
        #expect(result.tables[0].isBalanced)
        #expect(result.tables[0].itemsWritten <= 100)
    }

    @Test("a run that is stopped ends as interrupted, with balanced accounts")
    func stopped() throws {
        let sink = ScriptedSink(keyNames: ["id"])
        let result = try run(
            ScriptedSource(entities: [rows("a", 100_000), []]),
            sink,
            before: { $0.stop() }
        )
        #expect(result.state == .interrupted)
        #expect(result.tables[0].isBalanced)
        #expect(result.tables[0].rowsRead < 100_000)
    }

    @Test("a target that fails is told to give up, so that no other batch is tried on and on")
    func givesUp() throws {
        let sink = ScriptedSink(keyNames: ["id"], fatalAfterPuts: 100)
        _ = try run(ScriptedSource(entities: [rows("a", 5000), []]), sink)
        #expect(sink.isCancelled)
    }

    @Test("a stopped run counts what was written of chunks that were not read to their end")
    func stoppedWithinChunk() throws {
        let stop = Mutex<(@Sendable () -> Void)?>(nil)
        let sink = ScriptedSink(keyNames: ["id"]) { _ in
            stop.withLock { $0 }?()
            return nil
        }
        let source = ScriptedSource(entities: [rows("a", 50_000), []], rowsPerChunk: 50_000)
        let result = try run(source, sink) { migration in
            stop.withLock { $0 = { migration.stop() } }
        }
        #expect(result.state == .interrupted)
        #expect(result.tables[0].isBalanced)
        #expect(sink.puts > 0)
        #expect(result.tables[0].itemsWritten == sink.puts)
        #expect(result.tables[0].rowsRead == sink.puts)
    }

    @Test("a stopped run whose target no longer answers is interrupted, not failed")
    func abortedDrain() throws {
        let sink = SilentSink()
        let migration = try ThingsMigration.make(
            ScriptedSource(entities: [rows("a", 100), []]),
            sink,
            options: MigrationOptions(readers: 1, workers: 1)
        )
        sink.onSubmit {
            migration.stop()
            migration.abort(afterSeconds: 0.01)
        }
        let result = migration.run()
        #expect(result.state == .interrupted)
        #expect(result.errors.isEmpty)
        #expect(result.tables[0].isBalanced)
        #expect(result.tables[0].itemsWritten == 0)
    }

    /// Reads a chunk no more than twice.
    private static var impatient: MigrationOptions {
        var options = MigrationOptions(readers: 1, workers: 1)
        options.readTriesMax = 2
        return options
    }

    @Test("a server that is away for a while is waited for, however often that takes")
    func reconnects() throws {
        let source = ScriptedSource(
            entities: [rows("a", 100), []],
            failures: [ScriptedSource.Failure(entity: 0, firstRow: 30, afterRows: 8)],
            refusals: 3
        )
        let migration = try ThingsMigration.make(
            source,
            ScriptedSink(keyNames: ["id"]),
            options: Self.impatient
        )
        let result = migration.run()
        #expect(result.state == .succeeded)
        #expect(result.tables[0].itemsWritten == 100)
    }
}

private struct GivenUp: Error {}

/// A sink that answers nothing until it is cancelled.
private final class SilentSink: ItemSink {
    private struct State {
        var held: [@Sendable () -> Void] = []
        var onSubmit: (@Sendable () -> Void)?
        var isCancelled = false
    }

    private let state = Mutex(State())
    private let group = DispatchGroup()

    func onSubmit(_ callback: @escaping @Sendable () -> Void) {
        state.withLock { $0.onSubmit = callback }
    }

    func submit(_ batch: Batch, done: @escaping @Sendable (Batch, BatchOutcome) -> Void) {
        group.enter()
        let answer: @Sendable () -> Void = { [group] in
            var outcome = BatchOutcome()
            outcome.fatal = GivenUp()
            outcome.unwritten = batch.items.count
            done(batch, outcome)
            group.leave()
        }
        let (callback, isCancelled) = state.withLock { state in
            if !state.isCancelled { state.held.append(answer) }
            return (state.onSubmit, state.isCancelled)
        }
        callback?()
        if isCancelled { answer() }
    }

    func drain() { group.wait() }

    func cancel() {
        let held = state.withLock { state in
            state.isCancelled = true
            defer { state.held = [] }
            return state.held
        }
        for answer in held { answer() }
    }
}
