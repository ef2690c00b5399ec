internal import Contract

/// Whether an entity's attributes fit the columns that they are read from: an error where no row could
/// ever become an item, a warning where some could not.
struct FitCheck {
    /// What is the matter with an attribute's type and its column.
    enum Misfit: Equatable {
        /// No value of the column is one of the type.
        case always(String, hint: String)
        /// Some values may not be.
        case perhaps(String)
    }

    let entity: Entity
    let table: Table
    let view: EntityView

    func problems() -> [ContractProblem] {
        entity.attributes.flatMap { misfits($0) + keyWarnings($0) + templateProblems($0) }
    }

    // MARK: Types

    private func misfits(_ attribute: Attribute) -> [ContractProblem] {
        guard let column = view.column(ofAttribute: attribute.name)?.source else { return [] }
        let transformation = entity.view == nil ? attribute.transformation : nil
        guard let misfit = Self.misfit(attribute.type, transformation, column) else { return [] }
        let what = "\(attribute.name) is read from \(column.name) (\(column.columnType))"
        switch misfit {
        case .always(let reason, let hint):
            return [
                ContractProblem(
                    severity: .error,
                    path: attribute.path,
                    message: "\(what), but \(reason)",
                    hint: hint
                )
            ]
        case .perhaps(let rejected):
            return [
                ContractProblem(
                    severity: .warning,
                    path: attribute.path,
                    message: "\(what): rows are rejected where \(rejected)"
                )
            ]
        }
    }

    static func misfit(
        _ type: AttributeType,
        _ transformation: Transformation?,
        _ column: CatalogColumn
    ) -> Misfit? {
        switch transformation {
        case .template?, .constant?: nil
        case .date(_, let source)?: misfit(ofDate: source, column)
        case .number?: misfit(ofNumberFormat: column)
        case .jsonParse?:
            switch column.columnClass {
            case .json: nil
            case .text, .other: .perhaps("the text is no JSON of the type's shape")
            default:
                .always("json-parse needs JSON or text", hint: "leave the transformation out")
            }
        case nil: misfit(type, column)
        }
    }

    private static func misfit(ofDate source: DateSource, _ column: CatalogColumn) -> Misfit? {
        switch (source, column.columnClass) {
        case (.timestamp, .temporal) where column.dataType == "time":
            .always("date-format needs a date", hint: "leave the transformation out")
        case (.timestamp, .temporal): nil
        case (.timestamp, .text), (.timestamp, .other): .perhaps("the text is no date")
        case (.timestamp, .integer), (.timestamp, .decimal), (.timestamp, .double):
            .always(
                "date-format needs a date",
                hint: "say what the number counts with \"source_format\": \"epoch\" or \"epoch-ms\""
            )
        case (_, .integer), (_, .decimal), (_, .double), (_, .float): nil
        case (_, .text): .perhaps("the text is no number")
        case (_, .temporal):
            .always("it is a date and no number", hint: "leave \"source_format\" out")
        default: .always("date-format needs a date", hint: "leave the transformation out")
        }
    }

    private static func misfit(ofNumberFormat column: CatalogColumn) -> Misfit? {
        switch column.columnClass {
        case .integer, .decimal, .float, .double, .bit, .year: nil
        case .text, .enum, .other, .json: .perhaps("the text is no number")
        case .temporal:
            .always("number-format needs a number", hint: "use date-format")
        case .set, .binary, .geometry:
            .always("number-format needs a number", hint: "leave the transformation out")
        }
    }

    private static func misfit(_ type: AttributeType, _ column: CatalogColumn) -> Misfit? {
        switch type {
        case .string: misfit(ofString: column)
        case .number: misfit(ofNumber: column)
        case .bool: misfit(ofBool: column)
        case .binary:
            switch column.columnClass {
            case .binary, .geometry, .text, .bit, .other: nil
            default:
                .always("type B needs bytes", hint: "write \"type\": \"S\" or \"N\"")
            }
        case .stringSet, .numberSet, .binarySet: misfit(ofSet: type, column)
        case .map, .list:
            switch column.columnClass {
            case .json: .perhaps("the JSON is no \(type == .map ? "object" : "array")")
            case .text, .other: .perhaps("the text is no JSON \(type == .map ? "object" : "array")")
            default:
                .always(
                    "type \(type.rawValue) needs JSON",
                    hint: "write \"type\": \"S\" or \"N\""
                )
            }
        case .null: nil
        }
    }

    private static func misfit(ofString column: CatalogColumn) -> Misfit? {
        switch column.columnClass {
        case .binary: .perhaps("the bytes are no UTF-8; type B takes any bytes")
        case .geometry: .perhaps("the bytes are no UTF-8; type B takes any bytes")
        default: nil
        }
    }

    private static func misfit(ofNumber column: CatalogColumn) -> Misfit? {
        switch column.columnClass {
        case .integer, .float, .double, .bit, .year: nil
        case .decimal:
            (column.typeParameters.first ?? 10) > 38
                ? .perhaps("the number has more than 38 significant digits") : nil
        case .text, .enum, .set, .json, .binary, .other: .perhaps("the text is no number")
        case .temporal:
            .always(
                "it is a date or a time and no number",
                hint: "write \"type\": \"S\", or add a date-format of \"epoch\""
            )
        case .geometry: .always("it is no number", hint: "write \"type\": \"B\"")
        }
    }

    private static func misfit(ofBool column: CatalogColumn) -> Misfit? {
        switch column.columnClass {
        case .integer where column.dataType == "tinyint": nil
        case .bit where column.typeParameters.first ?? 1 == 1: nil
        case .integer, .bit, .decimal, .float, .double:
            .perhaps("the number is neither 0 nor 1")
        case .text, .enum, .json, .binary, .other: .perhaps("the text is neither 0 nor 1")
        case .temporal, .year, .set, .geometry:
            .always("type BOOL needs 0 or 1", hint: "use a calculation of type \"case\"")
        }
    }

    private static func misfit(ofSet type: AttributeType, _ column: CatalogColumn) -> Misfit? {
        switch (column.columnClass, type) {
        case (.set, .stringSet): nil
        case (.set, .numberSet): .perhaps("a member is no number")
        case (.set, _):
            .always("type BS needs bytes", hint: "write \"type\": \"SS\"")
        case (.json, _): .perhaps("the JSON is no array of the set's type")
        case (.text, _), (.other, _): .perhaps("the text is no JSON array of the set's type")
        default:
            .always(
                "type \(type.rawValue) needs a SET column or a JSON array",
                hint: "write \"type\": \"S\" or \"N\""
            )
        }
    }

    // MARK: Keys

    /// A row whose key is NULL cannot become an item.
    private func keyWarnings(_ attribute: Attribute) -> [ContractProblem] {
        let keys = [table.partitionKey.name] + (table.sortKey.map { [$0.name] } ?? [])
        guard keys.contains(attribute.name) else { return [] }
        return nullableInputs(attribute, depth: 0).map { column in
            ContractProblem(
                severity: .warning,
                path: attribute.path,
                message: "\(column) can be NULL, and \(attribute.name) is a key of the table: such"
                    + " rows are rejected"
            )
        }
    }

    /// Columns that make the attribute NULL where they are NULL.
    ///
    /// A joined row that is missing is the data's affair; a conditional or a calculation may well
    /// be there to avoid NULL.
    private func nullableInputs(_ attribute: Attribute, depth: Int) -> [String] {
        if let inputs = view.templates[attribute.name] {
            guard depth < view.templates.count else { return [] }
            return inputs.flatMap { input -> [String] in
                switch input {
                case .column(let name):
                    let column = view.columns.first { $0.name == name }
                    guard let source = column?.source, source.isNullable,
                        !isOwnJoin(attribute, name)
                    else { return [] }
                    return [source.name]
                case .attribute(let name):
                    guard let other = entity.attributes.first(where: { $0.name == name }) else {
                        return []
                    }
                    return nullableInputs(other, depth: depth + 1)
                }
            }
        }
        guard let source = view.column(ofAttribute: attribute.name)?.source, source.isNullable,
            !isJoin(attribute)
        else { return [] }
        return [source.name]
    }

    private func isOwnJoin(_ attribute: Attribute, _ column: String) -> Bool {
        isJoin(attribute) && view.column(ofAttribute: attribute.name)?.name == column
    }

    private func isJoin(_ attribute: Attribute) -> Bool {
        if case .column = attribute.source { return false }
        return entity.view == nil
    }

    // MARK: Templates

    /// A map or a set has no text that could stand in a template.
    private func templateProblems(_ attribute: Attribute) -> [ContractProblem] {
        (view.templates[attribute.name] ?? []).compactMap { input in
            guard case .attribute(let name) = input,
                let other = entity.attributes.first(where: { $0.name == name }),
                ![.string, .number, .bool].contains(other.type)
            else { return nil }
            return ContractProblem(
                severity: .error,
                path: attribute.path,
                message: "{\(name)} is of type \(other.type.rawValue), which has no text",
                hint: "name an attribute of type S or N"
            )
        }
    }
}
