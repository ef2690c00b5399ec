import Contract

/// Where values come from: columns, templates, formats and constants.
extension ItemPlanCompiler {
    /// The producer of an attribute's final value, as text that its type then reads.
    mutating func text(of attribute: Attribute) -> Int {
        switch transformation(of: attribute) {
        case .constant(let text):
            return literal(text)
        case .template(let template):
            return self.template(template, of: attribute)
        case .date(let format, let source):
            plan.dates.append(DateFormatter(format: format, source: source))
            return transformed(attribute, .date, plan.dates.count - 1)
        case .number(let format):
            plan.numbers.append(NumberFormatter(format: format))
            return transformed(attribute, .numberFormat, plan.numbers.count - 1)
        case .jsonParse:
            return parsed(attribute)
        case nil:
            return raw(attribute)
        }
    }

    private mutating func literal(_ text: String) -> Int {
        add(Producer(kind: .literal, literal: slice(Array(text.utf8))))
    }

    private mutating func transformed(
        _ attribute: Attribute,
        _ kind: Producer.Kind,
        _ index: Int
    ) -> Int {
        let inner = raw(attribute)
        return add(Producer(kind: kind, inner: Int32(inner), index: Int32(index)))
    }

    /// The column's value as an S prints it.
    private mutating func raw(_ attribute: Attribute) -> Int {
        guard let column = view.column(ofAttribute: attribute.name) else {
            fail(
                attribute.path,
                "view \(view.name) has no column for attribute \(attribute.name)",
                hint: entity.view == nil ? nil : "add a column of that name to the view"
            )
            return literal("")
        }
        return raw(column, attribute)
    }

    private mutating func raw(_ column: ViewColumn, _ attribute: Attribute) -> Int {
        let index = index(of: column, attribute)
        if let json = column.json {
            return add(
                Producer(kind: .construct, column: Int32(index), index: Int32(add(json)))
            )
        }
        if column.isFloat { return add(Producer(kind: .float, column: Int32(index))) }
        let isBit = result(column)?.kind == .bit
        return add(Producer(kind: isBit ? .bit : .cell, column: Int32(index)))
    }

    /// `json-parse`: a map, a list or a set reads the JSON itself, a scalar its JSON value.
    private mutating func parsed(_ attribute: Attribute) -> Int {
        let inner = raw(attribute)
        let kind: Producer.Kind
        switch attribute.type {
        case .string: kind = .jsonString
        case .number: kind = .jsonNumber
        case .bool: kind = .jsonBool
        case .binary: kind = .jsonBinary
        default: return inner
        }
        return add(Producer(kind: kind, inner: Int32(inner)))
    }

    private mutating func template(_ template: Template, of attribute: Attribute) -> Int {
        if let constant = template.constant { return literal(constant) }
        guard let inputs = view.templates[attribute.name] else {
            fail(
                attribute.path,
                "view \(view.name) does not say what fills the template of \(attribute.name)"
            )
            return literal("")
        }
        guard !resolving.contains(attribute.name) else {
            fail(
                attribute.path,
                "the template of \(attribute.name) is made from itself: "
                    + (resolving + [attribute.name]).joined(separator: ", ")
            )
            return literal("")
        }
        resolving.append(attribute.name)
        defer { resolving.removeLast() }
        var producers: [Int32] = []
        var placeholder = 0
        for part in template.parts {
            switch part {
            case .text(let text): producers.append(Int32(literal(text)))
            case .placeholder(let name):
                if placeholder < inputs.count {
                    producers.append(Int32(input(inputs[placeholder], attribute)))
                } else {
                    fail(attribute.path, "nothing fills the placeholder {\(name)}")
                }
                placeholder += 1
            }
        }
        let first = plan.parts.count
        plan.parts += producers
        return add(
            Producer(kind: .template, index: Int32(first), count: Int32(producers.count))
        )
    }

    private mutating func input(_ input: TemplateInput, _ attribute: Attribute) -> Int {
        switch input {
        case .column(let name):
            guard let column = view.columns.first(where: { $0.name == name }) else {
                fail(attribute.path, "view \(view.name) has no column \(name)")
                return literal("")
            }
            return raw(column, attribute)
        case .attribute(let name):
            guard let other = entity.attributes.first(where: { $0.name == name }) else {
                fail(attribute.path, "there is no attribute \(name)")
                return literal("")
            }
            let text = text(of: other)
            guard other.type == .number else { return text }
            return add(Producer(kind: .normalisedNumber, inner: Int32(text)))
        }
    }
}

/// Constants, rendered once.
extension ItemPlanCompiler {
    mutating func compile(constant text: String, _ attribute: Attribute, _ step: PlanStep) {
        var step = step
        let raw = ByteBuffer(capacity: 256)
        raw.append(text)
        if raw.count == 0, step.emptyPolicy != .keep {
            return compile(emptyConstant: attribute, step)
        }
        let out = ByteBuffer(capacity: 256)
        let size: Int
        do throws(ValueFault) {
            size = try append(constant: raw.bytes, attribute.type, &step, to: out)
        } catch {
            return fail(
                attribute.path,
                error.reason(attribute: attribute.name, keyBytesMax: Int(step.keyBytesMax)),
                hint: "write a value that \(attribute.type.rawValue) can hold"
            )
        }
        if attribute.type != .string, out.array() == Array("[]".utf8), attribute.type != .list {
            return compile(emptyConstant: attribute, step)
        }
        add(constant: String(decoding: out.array(), as: UTF8.self), size: size, attribute, step)
    }

    private mutating func compile(emptyConstant attribute: Attribute, _ step: PlanStep) {
        switch step.emptyPolicy {
        case .keep, .absent: return
        case .null:
            var step = step
            step.action = .constant
            step.prefix = step.null
            step.nameSize += 1
            plan.steps.append(step)
        case .reject, .rejectKey:
            fail(attribute.path, "attribute \(attribute.name) is always empty, and rejected for it")
        }
    }

    /// Adds a step that writes `"name":{"TYPE":value}` as it stands.
    mutating func add(constant value: String, size: Int, _ attribute: Attribute, _ step: PlanStep) {
        var step = step
        step.action = .constant
        step.prefix = slice(
            name(attribute) + Array("{\"\(attribute.type.rawValue)\":\(value)}".utf8)
        )
        step.nameSize += Int32(size)
        plan.steps.append(step)
    }

    /// Appends the JSON of the value, quotes included.
    private mutating func append(
        constant text: Bytes,
        _ type: AttributeType,
        _ step: inout PlanStep,
        to out: ByteBuffer
    ) throws(ValueFault) -> Int {
        switch type {
        case .string:
            out.append(0x22)
            try UTF8Text.append(escaped: text, to: out)
            out.append(0x22)
            return try key(text, &step)
        case .number:
            out.append(0x22)
            let size = try DecimalText(text).appendNormalised(to: out)
            _ = try key(out.bytes(1..<out.count), &step)
            out.append(0x22)
            return size
        case .binary:
            let decoded = ByteBuffer(capacity: 256)
            try Base64Text.append(decoded: text, to: decoded)
            out.append(0x22)
            Base64Text.append(encoded: decoded.bytes, to: out)
            out.append(0x22)
            return try key(decoded.bytes, &step)
        case .bool:
            if text.count == 1, text[0] == 0x30 || text[0] == 0x31 {
                out.append(text[0] == 0x31 ? "true" : "false")
            } else {
                guard let value = ItemMapper.json(bool: text) else { throw .notBool }
                out.append(value ? "true" : "false")
            }
            return 1
        case .stringSet: return try transcoder.set(text, .strings, to: out)
        case .numberSet: return try transcoder.set(text, .numbers, to: out)
        case .binarySet: return try transcoder.set(text, .binaries, to: out)
        case .map, .list:
            return try transcoder.document(text, isMap: type == .map, to: out)
        case .null:
            out.append("true")
            return 1
        }
    }

    /// Keeps the bytes of a key for its hash.
    /// - Returns: their number.
    private mutating func key(_ bytes: Bytes, _ step: inout PlanStep) throws(ValueFault) -> Int {
        if step.keyBytesMax > 0, bytes.count > Int(step.keyBytesMax) { throw .keyTooLong }
        if step.isTableKey {
            step.constantKey = slice((0..<bytes.count).map { bytes[$0] })
        }
        return bytes.count
    }
}

/// What can be said of an expression's type without reading a row.
extension ItemPlanCompiler {
    mutating func warn(about attribute: Attribute, _ column: ViewColumn?) {
        guard let column, column.source == nil, let kind = result(column)?.kind else { return }
        switch (transformation(of: attribute), attribute.type, kind) {
        case (nil, .number, .date), (nil, .number, .dateTime), (nil, .number, .time),
            (nil, .bool, .date), (nil, .bool, .dateTime), (nil, .bool, .time):
            warn(
                attribute,
                "its value is a date or a time: every row that has one will be rejected",
                hint: "use type S, or a date-format of epoch"
            )
        case (nil, .string, .binary):
            warn(
                attribute,
                "its value is binary: rows where that is not UTF-8 will be rejected",
                hint: "use type B"
            )
        case (.date(_, .timestamp), _, .integer), (.date(_, .timestamp), _, .decimal),
            (.date(_, .timestamp), _, .double), (.date(_, .timestamp), _, .time):
            warn(
                attribute,
                "its value is no date: every row that has one will be rejected",
                hint: "say what it counts with source_format"
            )
        default: return
        }
    }

    private mutating func warn(_ attribute: Attribute, _ message: String, hint: String) {
        plan.warnings.append(
            ContractProblem(
                severity: .warning,
                path: attribute.path,
                message:
                    "attribute \(attribute.name) is \(attribute.type.rawValue), but \(message)",
                hint: hint
            )
        )
    }
}
