import Testing

@testable import Pipeline

@Suite("what bounds a run")
struct BottleneckTests {
    private func times(
        reading: Double = 0,
        blocked: Double = 0,
        computing: Double = 0,
        busy: Double = 0
    ) -> FlowTimes.Sums {
        FlowTimes.Sums(
            reading: reading,
            readersBlocked: blocked,
            readersComputing: computing,
            workersBusy: busy
        )
    }

    @Test("is nothing where nothing was read")
    func nothing() {
        #expect(Bottleneck(times(), sink: SinkWaits()) == nil)
    }

    @Test("is the source while readers wait for its rows, whatever workers and sink do meanwhile")
    func source() {
        let found = Bottleneck(
            times(reading: 8, computing: 2, busy: 3),
            sink: SinkWaits(answers: 1)
        )
        #expect(found == Bottleneck(source: 0.75, engine: 0.25, answers: 0, capacity: 0))
    }

    @Test("is what keeps the workers from making room, where readers wait for room")
    func blocked() {
        let found = Bottleneck(
            times(reading: 2, blocked: 6, computing: 1, busy: 12),
            sink: SinkWaits(answers: 3, capacity: 6, engine: 1)
        )
        // Of the workers' 12 seconds they mapped for 2; so 6/8 are shared out by 2 + 1, 3 and 6 of 12.
        #expect(
            found == Bottleneck(source: 0.125, engine: 0.3125, answers: 0.1875, capacity: 0.375)
        )
    }

    @Test("adds up to the whole where clocks disagree")
    func clocks() {
        let found = Bottleneck(
            times(reading: 1, blocked: 1, computing: 1.5, busy: 1),
            sink: SinkWaits(answers: 2)
        )
        #expect(found == Bottleneck(source: 0, engine: 0.5, answers: 0.5, capacity: 0))
    }

    @Test("is the engine where readers waited and no worker was seen at work")
    func unexplained() {
        let found = Bottleneck(times(reading: 1, blocked: 1), sink: SinkWaits())
        #expect(found == Bottleneck(source: 0.5, engine: 0.5, answers: 0, capacity: 0))
    }
}
