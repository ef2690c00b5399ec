internal import Contract
internal import Mapping
internal import Pipeline

/// What the answer to a request means for its items.
extension DynamoDBItemSink {
    private static let batchOperation = "BatchWriteItem"
    private static let putOperation = "PutItem"
    static let batchTarget = RequestFactory.target(batchOperation)
    static let putTarget = RequestFactory.target(putOperation)

    func event(
        _ result: Result<HTTPResponse, TransportFailure>,
        _ shipment: Shipment,
        generation: Int,
        signedAhead: Int
    ) -> BatchWrite.Event {
        let operation = shipment.isPut ? Self.putOperation : Self.batchOperation
        let table = shipment.job.batch.tableName
        switch Answer.read(result, operation: operation, table: table) {
        case .success(let body):
            guard case .success(let response) = result else {
                preconditionFailure("an answer was read that never came")
            }
            return success(body, shipment)
                ?? .failed(Answer.malformed(response, operation: operation, table: table))
        case .failure(let kind, let error, let retryAfter):
            switch kind {
            case .throttle: return .throttled(error, retryAfter: retryAfter)
            case .hotKeys: return .throttled(error, retryAfter: retryAfter, isHotKey: true)
            case .transient: return .failed(error, retryAfter: retryAfter)
            case .tooLarge: return .tooLarge(error)
            case .invalid: return .invalid(error)
            case .fatal: return .fatal(error)
            case .conditionFailed: return standing(result, shipment) ?? .fatal(error)
            case .expiredCredentials:
                return store.expired(generation: generation) == .unchanged
                    ? .fatal(error)
                    : .failed(error, retryAfter: retryAfter, mayHaveWritten: false)
            case .clockSkew:
                // Requests that were under way when the clock was corrected are refused too.
                if skew.seconds != signedAhead { return .failed(error, mayHaveWritten: false) }
                let date = try? result.get().header("date")
                let isMended = skew.correct(date: date, clock: settings.clock())
                if isMended { settings.warn(skew.warning) }
                return isMended || ErrorPolicy.isAboutTime(error.code)
                    ? .failed(error, mayHaveWritten: false) : .fatal(error)
            }
        }
    }

    /// nil where the body is not the operation's.
    private func success(_ body: [UInt8], _ shipment: Shipment) -> BatchWrite.Event? {
        if shipment.isPut {
            guard let answer = try? PutAnswer(body) else { return nil }
            return .answered(unprocessed: [], writeUnits: answer.writeUnits)
        }
        guard let answer = try? BatchWriteAnswer(body, table: shipment.job.batch.tableName) else {
            return nil
        }
        return .answered(
            unprocessed: indexes(of: answer.unprocessed, shipment),
            writeUnits: answer.writeUnits
        )
    }

    /// What stands in the way of a put; nil where no condition was set.
    private func standing(
        _ result: Result<HTTPResponse, TransportFailure>,
        _ shipment: Shipment
    ) -> BatchWrite.Event? {
        guard shipment.isPut, let index = shipment.write.current.first,
            let response = try? result.get(), let body = try? Answer.unpacked(response)
        else { return nil }
        let failure = ConditionFailure(body)
        var isSame = false
        // Only then does it matter, and to compare costs something.
        if shipment.write.mayHaveWritten, let standing = failure.standing {
            let batch = shipment.job.batch
            let ours = try? JSONParser.parse(batch.body.array(batch.items[index].range))
            isSame = ours.map { ItemComparison.areEqual($0, standing) } ?? false
        }
        return .stands(
            isSame: isSame,
            writeUnits: failure.writeUnits,
            unitsAtLeast: failure.unitsAtLeast
        )
    }

    /// The places in the batch of the items that the service sent back, found by their keys: it may
    /// reorder and respell them.
    ///
    /// If one of them cannot be found, all of the request's items are taken for unwritten: to write
    /// an item twice does no harm.
    private func indexes(of unprocessed: [JSONValue], _ shipment: Shipment) -> [Int] {
        if unprocessed.isEmpty { return [] }
        let batch = shipment.job.batch
        let sent = shipment.write.current
        let hashes = Set(unprocessed.compactMap { keyHash(batch.table, $0) })
        let found = sent.filter { hashes.contains(batch.items[$0].keyHash) }
        return found.count == unprocessed.count ? found : sent
    }
}

extension RateController {
    /// Notes what came of a shipment's last request.
    mutating func note(_ event: BatchWrite.Event, _ shipment: Shipment, now: Duration) {
        let units = shipment.units
        let sentAt = shipment.admittedAt
        switch event {
        case .answered(let unprocessed, let consumed):
            answered(
                predicted: units,
                written: shipment.unitsWritten(without: unprocessed),
                consumed: consumed,
                sentAt: sentAt,
                now: now
            )
        case .stands(_, _, let consumed):
            stood(predicted: units, consumed: consumed, sentAt: sentAt, now: now)
        case .throttled(_, _, let isHotKey):
            if isHotKey {
                refused(predicted: units, sentAt: sentAt, now: now)
            } else {
                throttled(predicted: units, sentAt: sentAt, now: now)
            }
        case .failed(_, _, let mayHaveWritten):
            if mayHaveWritten {
                lost(predicted: units, sentAt: sentAt, now: now)
            } else {
                refused(predicted: units, sentAt: sentAt, now: now)
            }
        case .tooLarge, .invalid, .fatal: refused(predicted: units, sentAt: sentAt, now: now)
        }
    }
}
