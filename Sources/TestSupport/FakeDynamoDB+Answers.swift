import Contract
import Synchronization

/// From a request and its fault to the answer.
extension FakeDynamoDB {
    /// What the work on a request comes to.
    struct Outcome {
        var body: [UInt8]
        /// Of the journal.
        var entries: Range<Int>
    }

    /// Which of a batch's members are worked on.
    struct Selection {
        var isIncluded: @Sendable (Int) -> Bool = { _ in true }
        var isReversed = false
    }

    func answer(_ call: Call, _ fault: Fault?) -> HTTPAnswer {
        switch fault {
        case nil: return work(call)
        case .error, .throttle, .raw:
            note(call)
            return refusal(fault)
        case .unprocessed(let indexes, let isReversed):
            let left = Set(indexes)
            return work(call, Selection(isIncluded: { !left.contains($0) }, isReversed: isReversed))
        case .allUnprocessed: return work(call, Selection(isIncluded: { _ in false }))
        case .applied(let fault):
            _ = perform(call, Selection())
            return refusal(fault)
        case .late(let delay):
            SystemThread.detach { [self] in
                SystemThread.sleep(delay)
                _ = perform(call, Selection())
            }
            var answer = HTTPAnswer(status: 200)
            answer.delivery = .blackHole
            return answer
        case .torn(let indexes, let delivery):
            let applied = Set(indexes)
            var answer = work(call, Selection(isIncluded: applied.contains))
            answer.onSend = nil
            answer.delivery = delivery
            return answer
        case .delivery(let delivery, let applies):
            return broken(call, delivery, applies: applies)
        case .headers(let headers, let fault):
            var answer = answer(call, fault)
            answer.headers += headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
            return answer
        default: return marred(work(call), fault)
        }
    }

    /// A sound answer, made unsound.
    private func marred(_ answer: HTTPAnswer, _ fault: Fault?) -> HTTPAnswer {
        var answer = answer
        let checksum = CRC32.of(answer.body)
        answer.headers.removeAll { $0.0 == "x-amz-crc32" }
        switch fault {
        case .delay(let delay):
            answer.delay = delay
            answer.headers.append(("x-amz-crc32", "\(checksum)"))
        case .missingChecksum: break
        case .wrongChecksum:
            answer.headers.append(("x-amz-crc32", "\(checksum ^ 1)"))
            answer.onSend = nil
        case .corrupted:
            if let last = answer.body.indices.last { answer.body[last / 2] ^= 1 }
            answer.headers.append(("x-amz-crc32", "\(checksum)"))
            answer.onSend = nil
        case .truncated(let bytes, let hasChecksum):
            answer.body.removeLast(min(bytes, answer.body.count))
            if hasChecksum { answer.headers.append(("x-amz-crc32", "\(checksum)")) }
            answer.onSend = nil
        case .gzip:
            answer.body = StoredGzip.of(answer.body)
            answer.headers.append(("content-encoding", "gzip"))
            answer.headers.append(("x-amz-crc32", "\(CRC32.of(answer.body))"))
        case .unknownMembers:
            let surprise = #"{"Surprise":{"a":[1,null]},"surpriseToo":"\u00e9""#
            let rest = answer.body.dropFirst()
            let comma = rest.first == UInt8(ascii: "}") ? "" : ","
            answer.body = Array((surprise + comma).utf8) + rest
            answer.headers.append(("x-amz-crc32", "\(CRC32.of(answer.body))"))
        default: preconditionFailure("no way to mar an answer with \(String(describing: fault))")
        }
        return answer
    }

    private func broken(
        _ call: Call,
        _ delivery: HTTPAnswer.Delivery,
        applies: Bool
    ) -> HTTPAnswer {
        var answer: HTTPAnswer
        if applies {
            answer = work(call)
        } else {
            note(call)
            answer = Self.checksummed(HTTPAnswer(status: 200, body: Array("{}".utf8)))
        }
        answer.delivery = delivery
        return answer
    }

    /// The answer of a fault that needs no work.
    private func refusal(_ fault: Fault?) -> HTTPAnswer {
        switch fault {
        case .error(let status, let type, let message):
            return Self.error(status, type, message)
        case .throttle(let type, let key, let reasons):
            return Self.error(
                400,
                type,
                "Throughput exceeds the current capacity",
                [
                    JSONMember(name: key, value: Self.reasons(reasons))
                ]
            )
        case .raw(let status, let text):
            return HTTPAnswer(status: status, body: Array(text.utf8))
        case .headers(let headers, let fault):
            var answer = refusal(fault)
            answer.headers += headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
            return answer
        default: preconditionFailure("\(String(describing: fault)) is no answer by itself")
        }
    }

    static func reasons(_ reasons: [String]) -> JSONValue {
        .array(
            reasons.map { reason in
                .members([
                    "reason": .string(reason),
                    "resource": .string("arn:aws:dynamodb:local:000000000000:table/fake"),
                ])
            }
        )
    }

    /// The whole work, and a sound answer.
    private func work(_ call: Call, _ selection: Selection = Selection()) -> HTTPAnswer {
        do {
            let result = try perform(call, selection).get()
            var answer = Self.checksummed(HTTPAnswer(status: 200, body: result.body))
            if !result.entries.isEmpty {
                answer.onSend = { [self] isSent in
                    let time = isSent ? now : nil
                    state.withLock { $0.journal.acknowledge(result.entries, at: time) }
                }
            }
            return answer
        } catch {
            return Self.error(400, error.type, error.message, error.extra)
        }
    }

    private func perform(
        _ call: Call,
        _ selection: Selection
    ) -> Result<Outcome, FakeFailure> {
        do throws(FakeFailure) {
            switch call.operation {
            case "BatchWriteItem": return .success(try batchWrite(call, selection))
            case "PutItem": return .success(try putItem(call))
            case "DeleteItem": return .success(try deleteItem(call))
            case "BatchGetItem": return .success(try batchGet(call, selection))
            case "GetItem": return .success(try getItem(call))
            case "Scan": return .success(try scan(call))
            default:
                let value = try manageTables(call)
                return .success(Outcome(body: value.serializedBytes(), entries: 0..<0))
            }
        } catch {
            return .failure(error)
        }
    }

    /// Journals the writes of a request that is not carried out.
    private func note(_ call: Call) {
        let writes = ItemWrite.all(of: call)
        guard !writes.isEmpty else { return }
        state.withLock { state in
            for write in writes {
                guard let table = state.tables[write.table],
                    let key = try? table.schema.key(of: write.put ?? write.key ?? .null)
                else { continue }
                state.journal.append(
                    JournalEntry(
                        request: call.number,
                        table: write.table,
                        key: key,
                        isApplied: false,
                        isAcknowledged: false,
                        digest: write.put.map { Digest64.of(CanonicalItem.bytes($0)) },
                        connection: call.connection,
                        time: now
                    )
                )
            }
        }
    }

    static func error(
        _ status: Int,
        _ type: String,
        _ message: String,
        _ extra: [JSONMember] = []
    ) -> HTTPAnswer {
        // The service has both spellings.
        let name = type.contains("coral") ? "message" : "Message"
        let body = JSONValue.object(
            [
                JSONMember(name: "__type", value: .string(type)),
                JSONMember(name: name, value: .string(message)),
            ] + extra
        )
        return checksummed(HTTPAnswer(status: status, body: body.serializedBytes()))
    }

    static func checksummed(_ answer: HTTPAnswer) -> HTTPAnswer {
        var answer = answer
        answer.headers += [
            ("content-type", "application/x-amz-json-1.0"),
            ("x-amz-crc32", "\(CRC32.of(answer.body))"),
            ("x-amzn-requestid", "FAKE"),
        ]
        return answer
    }
}

extension HTTPAnswer.Delivery {
    /// Whether the client gets the whole answer.
    var isWhole: Bool {
        switch self {
        case .whole, .sliced, .thenClose: true
        case .reset, .cutAfter, .blackHole: false
        }
    }
}
