/// One table's way out: its rate, its health, and the requests that wait for their turn.
///
/// Belongs to the loop's thread.
final class TableLane {
    var controller: RateController
    var health = TableHealth()
    /// First come, first served; bounded by what the gate lets in.
    var waiting = Deque<Shipment>()
    /// Wakes the lane when its first request may go.
    var timer: TimerQueue.ID?
    /// Batches of the table that are not finished.
    var openJobs = 0

    init(unitsMax: Int?) {
        controller = RateController(unitsMax: unitsMax)
    }
}
