import Contract

/// What became of a row.
public enum MappingOutcome: Sendable, Equatable {
    case item(MappedItem)
    case rejected(Rejection)
}

/// Turns rows into the bytes of items, by one plan.
///
/// One worker's own: it holds scratch memory.
///
/// Mapping a row allocates nothing once the scratch memory has grown to what the rows need.
public final class ItemMapper {
    /// What is known of the item while it is written.
    private struct Progress {
        var size = 0
        var hash = KeyHash()
    }

    public let plan: ItemPlan
    private let steps: [PlanStep]
    let pool: ByteBuffer
    let transcoder = JSONTranscoder()
    let constructor: JSONConstructor
    /// One buffer a level of producers.
    let scratch: [ByteBuffer]
    /// The first of them: what lies in an array is counted as used each time it is taken out.
    private let produced: ByteBuffer

    public init(plan: ItemPlan) {
        self.plan = plan
        steps = plan.steps
        pool = ByteBuffer(capacity: plan.pool.count)
        pool.append(plan.pool)
        constructor = JSONConstructor(
            pool: pool,
            transcoder: transcoder,
            membersMax: plan.constructs.map(\.members.count).max() ?? 0
        )
        scratch = (0...plan.producerDepth).map { _ in ByteBuffer(capacity: 256) }
        produced = scratch[0]
    }

    /// Appends the item of a row as DynamoDB JSON, `{"PK":{"S":"a"},…}`, and nothing else; on a
    /// rejection the buffer is as it was.
    public func map(row: Int, of slab: RowSlab, into buffer: ByteBuffer) -> MappingOutcome {
        precondition(
            slab.columnCount == plan.columnCount,
            "the rows are of another result set than the plan"
        )
        let cells = slab.row(row)
        let start = buffer.count
        var progress = Progress()
        var index = 0
        do throws(ValueFault) {
            while index < steps.count {
                try run(steps[index], cells, to: buffer, &progress)
                guard progress.size <= ItemLimits.itemBytesMax else { throw .tooLarge }
                index += 1
            }
            buffer.append(0x7d)
            return .item(MappedItem(size: progress.size, keyHash: progress.hash.value))
        } catch {
            buffer.truncate(to: start)
            return .rejected(rejection(error, index, row: row, of: slab))
        }
    }

    /// The key of a row's item as DynamoDB JSON, as far as it can be made; `{}` if not at all.
    public func keyJSON(row: Int, of slab: RowSlab) -> String {
        let cells = slab.row(row)
        let buffer = ByteBuffer(capacity: 4096)
        for index in 0..<plan.keyStepCount {
            let start = buffer.count
            var progress = Progress()
            do { try run(steps[index], cells, to: buffer, &progress) } catch {
                buffer.truncate(to: start)
            }
        }
        var key = buffer.array()
        // Every attribute begins with a brace or a comma.
        if key.isEmpty { key = [0x7b] } else { key[0] = 0x7b }
        key.append(0x7d)
        return String(decoding: key, as: UTF8.self)
    }

    @inline(never)
    private func rejection(
        _ fault: ValueFault,
        _ index: Int,
        row: Int,
        of slab: RowSlab
    ) -> Rejection {
        let step = steps[index]
        let name = plan.names[Int(step.name)]
        return Rejection(
            reason: fault.reason(attribute: name, keyBytesMax: Int(step.keyBytesMax)),
            key: keyJSON(row: row, of: slab)
        )
    }

    @inline(__always)
    private func run(
        _ step: PlanStep,
        _ row: Row,
        to out: ByteBuffer,
        _ progress: inout Progress
    ) throws(ValueFault) {
        if step.action == .constant {
            appendPool(step.prefix, to: out)
            progress.size += Int(step.nameSize)
            if step.isTableKey {
                progress.hash.combine(step.keyType, pool.bytes(step.constantKey.range))
            }
            return
        }
        if step.producer < 0 {
            let cell = row[Int(step.column)]
            if cell.length > 0 {
                try write(step, row.bytes(cell), to: out, &progress)
            } else {
                try runUnusual(step, cell, row, to: out, &progress)
            }
        } else {
            try runProduced(step, row, to: out, &progress)
        }
    }

    /// A cell that is NULL, empty or omitted.
    @inline(never)
    private func runUnusual(
        _ step: PlanStep,
        _ cell: RowSlab.Cell,
        _ row: Row,
        to out: ByteBuffer,
        _ progress: inout Progress
    ) throws(ValueFault) {
        if cell.isOmitted { throw .omitted }
        if cell.isNull {
            if step.construct >= 0, plan.constructs[Int(step.construct)].isArray {
                scratch[0].truncate(to: 0)
                scratch[0].append("[]")
                return try write(step, scratch[0].bytes, to: out, &progress)
            }
            return try apply(
                step.nullPolicy,
                step,
                .isNull,
                .keyIsNull,
                to: out,
                &progress
            )
        }
        guard step.emptyPolicy == .keep else {
            return try apply(
                step.emptyPolicy,
                step,
                .isEmpty,
                .keyIsEmpty,
                to: out,
                &progress
            )
        }
        try write(step, row.bytes(cell), to: out, &progress)
    }

    @inline(never)
    private func runProduced(
        _ step: PlanStep,
        _ row: Row,
        to out: ByteBuffer,
        _ progress: inout Progress
    ) throws(ValueFault) {
        if step.column >= 0, row[Int(step.column)].length == 0, step.emptyPolicy != .keep {
            return try apply(
                step.emptyPolicy,
                step,
                .isEmpty,
                .keyIsEmpty,
                to: out,
                &progress
            )
        }
        let text = produced
        text.truncate(to: 0, bytesKeptMax: 1 << 20)
        guard try produce(Int(step.producer), row, level: 0, to: text) else {
            return try apply(
                step.nullPolicy,
                step,
                .isNull,
                .keyIsNull,
                to: out,
                &progress
            )
        }
        if text.count == 0, step.emptyPolicy != .keep {
            return try apply(
                step.emptyPolicy,
                step,
                .isEmpty,
                .keyIsEmpty,
                to: out,
                &progress
            )
        }
        try write(step, text.bytes, to: out, &progress)
    }

    private func apply(
        _ policy: PlanStep.Policy,
        _ step: PlanStep,
        _ fault: ValueFault,
        _ keyFault: ValueFault,
        to out: ByteBuffer,
        _ progress: inout Progress
    ) throws(ValueFault) {
        switch policy {
        case .keep, .absent: return
        case .null:
            appendPool(step.null, to: out)
            progress.size += Int(step.nameSize) + 1
        case .reject: throw fault
        case .rejectKey: throw keyFault
        }
    }

    /// Writes an attribute whose value's text is `value`.
    @inline(__always)
    private func write(
        _ step: PlanStep,
        _ value: Bytes,
        to out: ByteBuffer,
        _ progress: inout Progress
    ) throws(ValueFault) {
        switch step.action {
        case .string:
            if value.count > ItemLimits.itemBytesMax { throw .tooLarge }
            appendPool(step.prefix, to: out)
            try UTF8Text.append(escaped: value, to: out)
            appendQuoteBrace(to: out)
            progress.size += Int(step.nameSize) + value.count
            if step.keyBytesMax > 0 { try key(step, .string, value, &progress) }
        case .number:
            appendPool(step.prefix, to: out)
            let start = out.count
            let size = try DecimalText(value).appendNormalised(to: out)
            if step.isTableKey { progress.hash.combine(.number, out.bytes(start..<out.count)) }
            appendQuoteBrace(to: out)
            progress.size += Int(step.nameSize) + size
        default:
            try writeOther(step, value, to: out, &progress)
        }
    }

    @inline(never)
    private func writeOther(
        _ step: PlanStep,
        _ value: Bytes,
        to out: ByteBuffer,
        _ progress: inout Progress
    ) throws(ValueFault) {
        let start = out.count
        appendPool(step.prefix, to: out)
        let valueStart = out.count
        var size = 1
        switch step.action {
        case .bool:
            out.append(try Self.bool(value, step) ? "true" : "false")
        case .binary:
            if value.count > ItemLimits.itemBytesMax { throw .tooLarge }
            Base64Text.append(encoded: value, to: out)
            out.append(0x22)
            size = value.count
            if step.keyBytesMax > 0 { try key(step, .binary, value, &progress) }
        case .map: size = try transcoder.document(value, isMap: true, to: out)
        case .list: size = try transcoder.document(value, isMap: false, to: out)
        case .construct:
            let construct = plan.constructs[Int(step.construct)]
            size = try constructor.native(value, construct, to: out)
        case .stringSet: size = try set(step, value, .strings, to: out)
        case .numberSet: size = try set(step, value, .numbers, to: out)
        case .binarySet: size = try set(step, value, .binaries, to: out)
        case .constant, .string, .number:
            preconditionFailure("these are written elsewhere")
        }
        let isSet =
            step.action == .stringSet || step.action == .numberSet || step.action == .binarySet
        if isSet, out.count == valueStart + 2 {
            out.truncate(to: start)
            return try apply(step.emptyPolicy, step, .isEmpty, .keyIsEmpty, to: out, &progress)
        }
        out.append(0x7d)
        progress.size += Int(step.nameSize) + size
    }

    private func set(
        _ step: PlanStep,
        _ value: Bytes,
        _ type: JSONTranscoder.SetType,
        to out: ByteBuffer
    ) throws(ValueFault) -> Int {
        step.isSetColumn
            ? try transcoder.set(column: value, type, to: out)
            : try transcoder.set(value, type, to: out)
    }

    @inline(__always)
    private func key(
        _ step: PlanStep,
        _ type: AttributeType,
        _ value: Bytes,
        _ progress: inout Progress
    ) throws(ValueFault) {
        guard value.count <= Int(step.keyBytesMax) else { throw .keyTooLong }
        if step.isTableKey { progress.hash.combine(type, value) }
    }

    private static func bool(_ text: Bytes, _ step: PlanStep) throws(ValueFault) -> Bool {
        if text.count == 1, text[0] == 0x30 || text[0] == 0x31 { return text[0] == 0x31 }
        if step.isJSON, let value = json(bool: text) { return value }
        guard step.isNumeric else { throw .notBool }
        let number: DecimalText
        do { number = try DecimalText(text) } catch { throw .notBool }
        if number.isZero { return false }
        guard number.first == number.last, number.power(number.first) == 0, !number.isNegative,
            number.digit(power: 0) == 1
        else { throw .notBool }
        return true
    }

    /// The value of JSON text that is `true` or `false`.
    static func json(bool text: Bytes) -> Bool? {
        var reader = JSONReader(text)
        do {
            let value = try reader.peek() == 0x74
            try reader.literal(value ? "true" : "false")
            try reader.end()
            return value
        } catch {
            return nil
        }
    }

    @inline(__always)
    private func appendPool(_ slice: PlanSlice, to out: ByteBuffer) {
        out.append(pool.bytes(slice.range))
    }

    @inline(__always)
    private func appendQuoteBrace(to out: ByteBuffer) {
        out.reserve(2)
        unsafe out.end[0] = 0x22
        unsafe out.end[1] = 0x7d
        out.advance(2)
    }
}
