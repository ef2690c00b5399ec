/// Texts that are made from a row before they become an attribute.
extension ItemMapper {
    /// Appends the text of a producer; `level` says which scratch buffer is free for its input.
    /// - Returns: false if it is NULL; what was appended then counts for nothing.
    func produce(
        _ index: Int,
        _ row: Row,
        level: Int,
        to out: ByteBuffer
    ) throws(ValueFault) -> Bool {
        let producer = plan.producers[index]
        switch producer.kind {
        case .literal:
            out.append(pool.bytes(producer.literal.range))
            return true
        case .template:
            for part in Int(producer.index)..<Int(producer.index + producer.count) {
                guard try produce(Int(plan.parts[part]), row, level: level, to: out) else {
                    return false
                }
            }
            return true
        case .cell, .bit, .float, .construct:
            return try produceCell(producer, row, to: out)
        default:
            return try transform(producer, row, level: level, to: out)
        }
    }

    private func produceCell(
        _ producer: Producer,
        _ row: Row,
        to out: ByteBuffer
    ) throws(ValueFault) -> Bool {
        let cell = row[Int(producer.column)]
        if cell.isOmitted { throw .omitted }
        guard !cell.isNull else {
            guard producer.kind == .construct, plan.constructs[Int(producer.index)].isArray else {
                return false
            }
            out.append("[]")
            return true
        }
        let bytes = row.bytes(cell)
        switch producer.kind {
        case .bit: out.append(unsigned: RowText.unsignedInteger(bytes))
        case .float: try FloatText.append(bytes, to: out)
        case .construct:
            try constructor.text(bytes, plan.constructs[Int(producer.index)], to: out)
        default: out.append(bytes)
        }
        return true
    }

    /// Turns one producer's text into another.
    private func transform(
        _ producer: Producer,
        _ row: Row,
        level: Int,
        to out: ByteBuffer
    ) throws(ValueFault) -> Bool {
        let inner = plan.producers[Int(producer.inner)]
        let text: Bytes
        if inner.kind == .cell {
            let cell = row[Int(inner.column)]
            if cell.isOmitted { throw .omitted }
            if cell.isNull { return false }
            text = row.bytes(cell)
        } else {
            let input = scratch[level + 1]
            input.truncate(to: 0, bytesKeptMax: 1 << 20)
            guard try produce(Int(producer.inner), row, level: level + 1, to: input) else {
                return false
            }
            text = input.bytes
        }
        switch producer.kind {
        case .normalisedNumber: _ = try DecimalText(text).appendNormalised(to: out)
        case .date: try plan.dates[Int(producer.index)].append(text, to: out)
        case .numberFormat: try plan.numbers[Int(producer.index)].append(text, to: out)
        default: try appendScalar(producer.kind, text, to: out)
        }
        return true
    }

    /// The native value of JSON text that must be a scalar of one kind.
    private func appendScalar(
        _ kind: Producer.Kind,
        _ text: Bytes,
        to out: ByteBuffer
    ) throws(ValueFault) {
        var reader = JSONReader(text)
        let byte = try reader.peek()
        switch kind {
        case .jsonString:
            guard byte == 0x22 else { throw transcoder.shapeFault(of: text) }
            _ = try reader.string(.raw, to: out)
        case .jsonNumber:
            guard byte == 0x2d || (byte >= 0x30 && byte <= 0x39) else {
                throw transcoder.shapeFault(of: text)
            }
            out.append(try reader.number())
        case .jsonBool:
            if byte == 0x30 || byte == 0x31 {
                out.append(try reader.number())
            } else {
                guard byte == 0x74 || byte == 0x66 else {
                    throw transcoder.shapeFault(of: text)
                }
                try reader.literal(byte == 0x74 ? "true" : "false")
                out.append(byte == 0x74 ? 0x31 : 0x30)
            }
        default:
            guard byte == 0x22 else { throw transcoder.shapeFault(of: text) }
            let start = out.count
            _ = try reader.string(.raw, to: out)
            let end = out.count
            // Decoding writes no more than it has reserved, so that its input stays where it is.
            out.reserve(end - start + 16)
            try Base64Text.append(decoded: out.bytes(start..<end), to: out)
            out.remove(start..<end)
        }
        try reader.end()
    }
}
