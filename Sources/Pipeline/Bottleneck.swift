/// What has bounded a run's rate: parts of the time that its readers spent on chunks, which add up
/// to 1.
///
/// A reader is either reading, or waits until there is room for more rows; that room is made by
/// workers, which map, or wait until the sink takes more.
public struct Bottleneck: Sendable, Equatable {
    /// Waiting for the source's rows.
    public var source: Double
    /// The engine's own work: receiving, mapping, signing and sending.
    public var engine: Double
    /// Waiting for the target's answers, with as many requests on the way as may be.
    public var answers: Double
    /// Waiting because the table's capacity, or the user's cap, allows no more.
    public var capacity: Double

    public init(source: Double, engine: Double, answers: Double, capacity: Double) {
        self.source = source
        self.engine = engine
        self.answers = answers
        self.capacity = capacity
    }

    /// nil where nothing was read.
    init?(_ times: FlowTimes.Sums, sink: SinkWaits) {
        let total = times.reading + times.readersBlocked
        guard total > 0 else { return nil }
        let computing = min(times.readersComputing, times.reading)
        let mapping = max(times.workersBusy - sink.total, 0)
        // Of what holds the workers up, and so the readers.
        let workers = mapping + sink.total
        let blocked = workers > 0 ? times.readersBlocked / workers : 0
        let unexplained = workers > 0 ? 0 : times.readersBlocked
        source = (times.reading - computing) / total
        engine = (computing + blocked * (mapping + sink.engine) + unexplained) / total
        answers = blocked * sink.answers / total
        capacity = blocked * sink.capacity / total
    }
}

/// How long a sink's `submit` has held its callers back, by what it waited for; seconds of all
/// callers together.
public struct SinkWaits: Sendable, Equatable {
    /// Until answers came.
    public var answers = 0.0
    /// Until the rate allowed more.
    public var capacity = 0.0
    /// Until the sink itself had done what it had to do.
    public var engine = 0.0

    public init(answers: Double = 0, capacity: Double = 0, engine: Double = 0) {
        self.answers = answers
        self.capacity = capacity
        self.engine = engine
    }

    var total: Double { answers + capacity + engine }
}
