internal import Pipeline

/// One table's way out: its rate, its health, and the requests that wait for their turn.
///
/// Belongs to the loop's thread.
final class TableLane {
    var controller: RateController
    var health = TableHealth()
    /// What was never sent; first come, first served, bounded by what the gate lets in.
    private var fresh = Deque<Shipment>()
    /// What was sent in part, or is sent again: it goes before the others, so that batches are
    /// finished one after another, and none is overtaken for ever.
    private var begun = Deque<Shipment>()
    /// Wakes the lane when its first request may go.
    var timer: TimerQueue.ID?
    /// Batches of the table that are not finished.
    var openJobs = 0

    init(unitsMax: Int?) {
        controller = RateController(unitsMax: unitsMax)
    }

    var isIdle: Bool { fresh.isEmpty && begun.isEmpty }

    /// Whose turn it is.
    var next: Shipment? { begun.first ?? fresh.first }

    func enqueue(_ shipment: Shipment) {
        if shipment.write.outcome.requests > 0 {
            begun.append(shipment)
        } else {
            fresh.append(shipment)
        }
    }

    func dequeue() -> Shipment? {
        begun.popFirst() ?? fresh.popFirst()
    }
}
