import Mapping
import TestSupport
import Testing

@testable import Pipeline

@Suite("Dead letters that are tried again")
struct LetterRetryTests {
    private func retry(
        _ source: ScriptedSource,
        _ sink: ScriptedSink,
        mode: WriteMode = .ifAbsent,
        connectFor: Double = 60
    ) throws -> LetterRetry {
        var options = MigrationOptions(readers: 1, workers: 1)
        options.mode = mode
        options.connectFor = connectFor
        return LetterRetry(
            plan: try ThingsMigration.plan(),
            keyColumns: [[0], [0]],
            options: options,
            source: source,
            sink: sink
        )
    }

    private func letter(_ key: String, entity: Int = 0) -> RetriedLetter {
        RetriedLetter(table: 0, content: .key(entity: entity, values: [Array(key.utf8)]))
    }

    private func item(_ number: Int) -> String {
        #"{"id":{"S":"a\#(number)"},"n":{"N":"\#(number)"},"text":{"S":"t"}}"#
    }

    private static let notNumber = LetterOutcome.rejected(
        reason: "attribute n is not a number",
        key: #"{"id":{"S":"a1"}}"#,
        row: #"{"id":"a1","n":"x","text":"t"}"#
    )

    @Test("are written, rejected again or gone, by their rows as they are now")
    func outcomes() throws {
        let source = ScriptedSource(entities: [
            [["a0", "0", "t"], ["a1", "x", "t"]], [["a0", "7", "other"]],
        ])
        let sink = ScriptedSink(keyNames: ["id"]) { $0.contains("other") ? "no" : nil }
        let retry = try retry(source, sink)
        #expect(
            retry.retry([
                letter("a1"), letter("a0"), letter("a9"), letter("a0", entity: 1), letter("a0"),
            ])
                == [
                    Self.notNumber, .written, .gone,
                    .rejected(reason: "no", key: #"{"id":{"S":"a0"}}"#, row: nil), .gone,
                ]
        )
        #expect(sink.items == [#"p-Things/{"S":"a0"}"#: item(0)])
        #expect(!retry.isStopped)
        #expect(retry.retry([]) == [])
    }

    @Test("find rows whose key is the same to the server alone")
    func otherBytes() throws {
        let source = ScriptedSource(entities: [[["a0", "0", "t"], ["a1", "x", "t"]], []])
        let sink = ScriptedSink(keyNames: ["id"])
        #expect(
            try retry(source, sink).retry([letter("A1"), letter("A0"), letter("B")])
                == [Self.notNumber, .written, .gone]
        )
    }

    @Test("are all found though connections are lost", arguments: [true, false])
    func lost(replaces: Bool) throws {
        let rows: [ScriptedSource.Row] = (0..<450).map { ["a\($0)", "\($0)", "t"] }
        let source = ScriptedSource(
            entities: [rows, []],
            failures: [
                ScriptedSource.Failure(entity: 0, firstRow: -1, afterRows: 70, times: 3)
            ],
            refusals: 1
        )
        let sink = ScriptedSink(keyNames: ["id"])
        let retry = try retry(source, sink, mode: replaces ? .replace : .ifAbsent)
        let outcomes = retry.retry((0..<450).map { letter("a\($0)") })
        #expect(outcomes == Array(repeating: .written, count: 450))
        #expect(sink.items.count == 450)
        #expect(source.connections == 4)
    }

    @Test("stay as they are where the source fails for good")
    func sourceFails() throws {
        let source = ScriptedSource(
            entities: [[["a0", "0", "t"]], []],
            failures: [
                ScriptedSource.Failure(
                    entity: 0,
                    firstRow: -1,
                    afterRows: 0,
                    isRetryable: false
                )
            ]
        )
        let retry = try retry(source, ScriptedSink(keyNames: ["id"]))
        #expect(retry.retry([letter("a0")]) == [.open])
        #expect(retry.isStopped)
        #expect(retry.errors.map { "\($0)" } == ["the scripted source broke off"])
    }

    @Test("stay as they are where the source cannot be reached for too long")
    func unreachable() throws {
        let source = ScriptedSource(
            entities: [[["a0", "0", "t"]], []],
            failures: [
                ScriptedSource.Failure(entity: 0, firstRow: -1, afterRows: 0, times: .max)
            ]
        )
        let retry = try retry(source, ScriptedSink(keyNames: ["id"]), connectFor: 0)
        #expect(retry.retry([letter("a0")]) == [.open])
        #expect(retry.errors.map { "\($0)" } == ["the scripted source broke off"])
    }

    @Test("stay as they are where the target gives up")
    func targetFails() throws {
        var rows: [ScriptedSource.Row] = (0..<60).map { ["a\($0)", "\($0)", "t"] }
        rows.append(["z", "x", "t"])
        let source = ScriptedSource(entities: [rows, []])
        let sink = ScriptedSink(keyNames: ["id"], fatalAfterPuts: 25)
        let retry = try retry(source, sink)
        let outcomes = retry.retry((0..<60).map { letter("a\($0)") } + [letter("z")])
        let written = outcomes.count { $0 == .written }
        #expect(written == sink.puts && written <= 25)
        #expect(outcomes.count { $0 == .open } == 60 - written)
        #expect(sink.isCancelled)
        #expect(retry.errors.map { "\($0)" } == ["the scripted sink failed"])
    }

    @Test("stay as they are once somebody has asked to stop")
    func stopped() throws {
        let source = ScriptedSource(entities: [[["a0", "0", "t"]], []])
        let retry = try retry(source, ScriptedSink(keyNames: ["id"]))
        retry.handle.stop()
        #expect(retry.retry([letter("a0")]) == [.open])
        #expect(retry.isStopped && retry.errors.isEmpty)
    }

    @Test("that are saved rows are mapped, those that are items are put")
    func saved() throws {
        let slab = RowSlab(columnCount: 3)
        for cell in ["a5", "5", "t"] {
            var cell = cell
            cell.withUTF8 { unsafe slab.append(cell: $0) }
        }
        slab.endRow()
        let sink = ScriptedSink(keyNames: ["id"])
        let retry = try retry(ScriptedSource(entities: [[], []]), sink)
        let outcomes = retry.retry([
            RetriedLetter(table: 0, content: .saved(entity: 1, row: slab)),
            RetriedLetter(
                table: 0,
                content: .item(Array(item(6).utf8), MappedItem(size: 20, keyHash: 6))
            ),
        ])
        #expect(outcomes == [.written, .written])
        #expect(
            sink.items == [#"p-Things/{"S":"a5"}"#: item(5), #"p-Things/{"S":"a6"}"#: item(6)]
        )
    }

    @Test("of two with one key, the first is put in mode replace, in whatever block")
    func sameKey() throws {
        let source = ScriptedSource(entities: [[["a0", "1", "t"]], [["a0", "2", "t"]]])
        let sink = ScriptedSink(keyNames: ["id"])
        let retry = try retry(source, sink, mode: .replace)
        let taken = LetterOutcome.rejected(
            reason: "another rejected row has the same key, and its item was sent",
            key: #"{"id":{"S":"a0"}}"#,
            row: #"{"id":"a0","n":"2","text":"t"}"#
        )
        #expect(retry.retry([letter("a0", entity: 1), letter("a0")]) == [taken, .written])
        #expect(retry.retry([letter("a0", entity: 1)]) == [taken])
        #expect(sink.puts == 1)
    }
}
