import Contract

/// Compiles one entity's plan; see `ItemPlan.compile`.
struct ItemPlanCompiler {
    let table: Table
    let entity: Entity
    let view: EntityView
    let columns: [ResultColumn]
    var plan = ItemPlan()
    var problems: [ContractProblem] = []
    /// The attributes whose templates are being resolved, to find a circle among them.
    var resolving: [String] = []
    let scratch = ByteBuffer(capacity: 1024)
    let transcoder = JSONTranscoder()

    init(table: Table, entity: Entity, view: EntityView, columns: [ResultColumn]) {
        self.table = table
        self.entity = entity
        self.view = view
        self.columns = columns
    }

    mutating func compile() throws(ContractError) -> ItemPlan {
        plan.columnCount = columns.count
        checkNames()
        checkKeys()
        for attribute in orderedAttributes() { compile(attribute) }
        plan.keyStepCount = min(plan.steps.count, table.sortKey == nil ? 1 : 2)
        plan.producerDepth = (plan.producers.indices.map { depth(of: $0) }.max() ?? 0) + 1
        guard problems.isEmpty else { throw ContractError(problems: problems + plan.warnings) }
        return plan
    }

    /// The key's attributes, then the others as the contract has them.
    private func orderedAttributes() -> [Attribute] {
        let keys = [table.partitionKey.name] + (table.sortKey.map { [$0.name] } ?? [])
        return keys.compactMap { name in entity.attributes.first { $0.name == name } }
            + entity.attributes.filter { !keys.contains($0.name) }
    }

    private func depth(of index: Int) -> Int {
        let producer = plan.producers[index]
        var depth = producer.inner < 0 ? 1 : self.depth(of: Int(producer.inner)) + 1
        if producer.kind == .template {
            for part in Int(producer.index)..<Int(producer.index + producer.count) {
                depth = max(depth, self.depth(of: Int(plan.parts[part])) + 1)
            }
        }
        return depth
    }

    mutating func fail(_ path: String, _ message: String, hint: String? = nil) {
        problems.append(
            ContractProblem(severity: .error, path: path, message: message, hint: hint)
        )
    }
}

/// Checks of what the plan relies on.
extension ItemPlanCompiler {
    private mutating func checkNames() {
        var seen: Set<String> = []
        for attribute in entity.attributes {
            if !seen.insert(attribute.name).inserted {
                fail(attribute.path, "attribute \(attribute.name) is there twice")
            }
            if attribute.name.isEmpty { fail(attribute.path, "the attribute has no name") }
            if attribute.name.utf8.count > ItemLimits.nameBytesMax {
                fail(
                    attribute.path,
                    "the attribute's name is longer than \(ItemLimits.nameBytesMax) bytes"
                )
            }
        }
    }

    private mutating func checkKeys() {
        let keys = [table.partitionKey] + (table.sortKey.map { [$0] } ?? [])
        for key in keys {
            guard let attribute = entity.attributes.first(where: { $0.name == key.name }) else {
                fail(
                    entity.path,
                    "no attribute fills the table's key \(key.name)",
                    hint: "add an attribute of that name or a key template"
                )
                continue
            }
            check(attribute, key, "table \(table.name)")
        }
        for index in table.indexes {
            for key in [index.partitionKey] + (index.sortKey.map { [$0] } ?? []) {
                // An entity without the attribute is simply not in the index.
                guard let attribute = entity.attributes.first(where: { $0.name == key.name }) else {
                    continue
                }
                check(attribute, key, "index \(index.name)")
            }
        }
    }

    private mutating func check(_ attribute: Attribute, _ key: KeyAttribute, _ owner: String) {
        if attribute.type != key.type {
            fail(
                attribute.path,
                "attribute \(attribute.name) is \(attribute.type.rawValue), but the key of "
                    + "\(owner) is \(key.type.rawValue)"
            )
        }
        if ![.string, .number, .binary].contains(key.type) {
            fail(
                attribute.path,
                "a key of \(owner) is S, N or B, not \(key.type.rawValue)"
            )
        }
        if key.name.utf8.count > ItemLimits.keyNameBytesMax {
            fail(
                attribute.path,
                "a key's name is at most \(ItemLimits.keyNameBytesMax) bytes long"
            )
        }
    }
}

/// One attribute.
extension ItemPlanCompiler {
    private mutating func compile(_ attribute: Attribute) {
        var step = makeStep(attribute)
        if attribute.type == .null {
            return add(constant: "true", size: 1, attribute, step)
        }
        let before = problems.count
        switch transformation(of: attribute) {
        case .constant(let text):
            return compile(constant: text, attribute, step)
        case .template(let template) where template.constant != nil && attribute.type == .string:
            return compile(constant: template.constant ?? "", attribute, step)
        default: break
        }
        let column = view.column(ofAttribute: attribute.name)
        let producer: Int
        if let native = native(attribute, column) {
            step.action = .construct
            step.column = Int32(native.column)
            step.construct = Int32(native.construct)
            plan.steps.append(step)
            return
        } else if attribute.type == .binary, transformation(of: attribute) == nil, let column {
            producer = add(Producer(kind: .cell, column: Int32(index(of: column, attribute))))
        } else {
            producer = text(of: attribute)
        }
        guard problems.count == before else { return }
        step.action = action(attribute.type)
        setInput(&step, producer)
        setReading(&step, attribute, column)
        warn(about: attribute, column)
        plan.steps.append(step)
    }

    /// A foreign view's columns hold final values: what it has is not transformed again.
    func transformation(of attribute: Attribute) -> Transformation? {
        if entity.view != nil, view.column(ofAttribute: attribute.name) != nil { return nil }
        return attribute.transformation
    }

    /// The column and the members of a native map or list from a `json-construction`.
    private mutating func native(
        _ attribute: Attribute,
        _ column: ViewColumn?
    ) -> (column: Int, construct: Int)? {
        guard attribute.type == .map || attribute.type == .list, let column, let json = column.json
        else { return nil }
        if (json.shape == .array) != (attribute.type == .list) {
            fail(
                attribute.path,
                "attribute \(attribute.name) is \(attribute.type.rawValue), but its "
                    + "json-construction makes an \(json.shape.rawValue)",
                hint: "use type \(json.shape == .array ? "L" : "M"), or S for JSON text"
            )
        }
        return (index(of: column, attribute), add(json))
    }

    /// A single cell is read where it lies; a text that must be made first comes from its producer.
    private func setInput(_ step: inout PlanStep, _ producer: Int) {
        let made = plan.producers[producer]
        if made.kind == .cell {
            step.column = made.column
            return
        }
        step.producer = Int32(producer)
        var inner = made
        while inner.inner >= 0 { inner = plan.producers[Int(inner.inner)] }
        step.column = inner.column
    }

    private func setReading(
        _ step: inout PlanStep,
        _ attribute: Attribute,
        _ column: ViewColumn?
    ) {
        guard let column, let kind = result(column)?.kind else { return }
        let isPlain = transformation(of: attribute) == nil
        step.isSetColumn = isPlain && (kind == .set || column.source?.dataType == "set")
        step.isJSON = isPlain && (kind == .json || column.source?.dataType == "json")
        switch kind {
        case .integer, .decimal, .float, .double, .bit, .year: step.isNumeric = true
        default: break
        }
    }

    private func action(_ type: AttributeType) -> PlanStep.Action {
        switch type {
        case .string: .string
        case .number: .number
        case .binary: .binary
        case .bool: .bool
        case .stringSet: .stringSet
        case .numberSet: .numberSet
        case .binarySet: .binarySet
        case .map: .map
        case .list: .list
        case .null: .constant
        }
    }

    private mutating func makeStep(_ attribute: Attribute) -> PlanStep {
        let isKey =
            attribute.name == table.partitionKey.name || attribute.name == table.sortKey?.name
        let isIndexKey = table.indexes.contains {
            $0.partitionKey.name == attribute.name || $0.sortKey?.name == attribute.name
        }
        let type = attribute.type
        let isQuoted = type == .string || type == .number || type == .binary
        let opening = "{\"\(type.rawValue)\":" + (isQuoted ? "\"" : "")
        var step = PlanStep(
            action: action(type),
            name: Int32(plan.names.count),
            prefix: slice(name(attribute) + Array(opening.utf8)),
            null: slice(name(attribute) + Array("{\"NULL\":true}".utf8)),
            nameSize: Int32(attribute.name.utf8.count),
            nullPolicy: policy(attribute.nullPolicy, isKey, isIndexKey),
            emptyPolicy: policy(attribute.emptyPolicy, isKey, isIndexKey)
        )
        step.isTableKey = isKey
        step.keyBytesMax = Int32(keyBytesMax(attribute.name))
        step.keyType = type
        plan.names.append(attribute.name)
        return step
    }

    /// `{"name":` of the first attribute, `,"name":` of the others.
    func name(_ attribute: Attribute) -> [UInt8] {
        let isFirst = attribute.name == table.partitionKey.name
        return Array((isFirst ? "{" : ",").utf8) + quoted(attribute.name) + [0x3a]
    }

    private func keyBytesMax(_ name: String) -> Int {
        let partition =
            [table.partitionKey.name] + table.indexes.map(\.partitionKey.name)
        let sort = [table.sortKey?.name] + table.indexes.map { $0.sortKey?.name }
        if sort.contains(name) { return ItemLimits.sortKeyBytesMax }
        return partition.contains(name) ? ItemLimits.partitionKeyBytesMax : 0
    }

    private func policy(_ policy: NullPolicy, _ isKey: Bool, _ isIndexKey: Bool) -> PlanStep.Policy
    {
        if isKey { return .rejectKey }
        switch policy {
        case .absent: return .absent
        case .null: return isIndexKey ? .absent : .null
        case .reject: return .reject
        }
    }

    private func policy(
        _ policy: EmptyPolicy,
        _ isKey: Bool,
        _ isIndexKey: Bool
    ) -> PlanStep.Policy {
        if isKey { return .rejectKey }
        switch policy {
        case .keep: return isIndexKey ? .absent : .keep
        case .absent: return .absent
        case .null: return isIndexKey ? .absent : .null
        case .reject: return .reject
        }
    }
}

/// The plan's pool and lists.
extension ItemPlanCompiler {
    mutating func slice(_ bytes: [UInt8]) -> PlanSlice {
        let slice = PlanSlice(offset: Int32(plan.pool.count), count: Int32(bytes.count))
        plan.pool += bytes
        return slice
    }

    mutating func add(_ producer: Producer) -> Int {
        if let index = plan.producers.firstIndex(of: producer) { return index }
        plan.producers.append(producer)
        return plan.producers.count - 1
    }

    mutating func add(_ json: JSONMembers) -> Int {
        var members: [JSONConstruct.Member] = []
        for (index, member) in json.members.enumerated() {
            let name = quoted(member.name)
            members.append(
                JSONConstruct.Member(
                    kind: member.kind,
                    name: slice(Array(member.name.utf8)),
                    isPlain: name.count == member.name.utf8.count + 2,
                    nativePrefix: slice((index == 0 ? [] : Array(",".utf8)) + name + [0x3a]),
                    textPrefix: slice(
                        (index == 0 ? [] : Array(", ".utf8)) + name + Array(": ".utf8)
                    )
                )
            )
        }
        plan.constructs.append(JSONConstruct(isArray: json.shape == .array, members: members))
        return plan.constructs.count - 1
    }

    /// A JSON string of the text.
    func quoted(_ text: String) -> [UInt8] {
        let raw = ByteBuffer(capacity: 256)
        raw.append(text)
        scratch.truncate(to: 0)
        scratch.append(0x22)
        do throws(ValueFault) { try UTF8Text.append(escaped: raw.bytes, to: scratch) } catch {
            preconditionFailure("a String is always UTF-8")
        }
        scratch.append(0x22)
        return scratch.array()
    }

    func result(_ column: ViewColumn) -> ResultColumn? {
        columns.first { $0.name == column.name }
    }

    /// The cell that a view's column lies in; 0, and a problem, where the result set lacks it.
    mutating func index(of column: ViewColumn, _ attribute: Attribute) -> Int {
        if let index = columns.firstIndex(where: { $0.name == column.name }) { return index }
        fail(
            attribute.path,
            "view \(view.name) gives no column \(column.name) for attribute \(attribute.name)",
            hint: "create the view again"
        )
        return 0
    }
}
