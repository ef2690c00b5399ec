import Contract

/// A condition of a put or delete, as far as conditional writes of a migration go: comparisons,
/// `attribute_exists`, `attribute_not_exists`, AND, OR, NOT, parentheses.
///
/// As strict as the service: a name or value that is not given is refused, and so is one that is
/// given and not used.
/// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
struct ConditionExpression {
    private indirect enum Node {
        case exists(String, isWanted: Bool)
        case comparison(Operand, String, Operand)
        case and(Node, Node)
        case or(Node, Node)
        case not(Node)
    }

    private enum Operand {
        case attribute(String)
        case value(JSONValue)
    }

    private let root: Node

    /// The request's condition; nil where it has none.
    init?(request: JSONValue) throws(ItemRules.Violation) {
        let names = request["ExpressionAttributeNames"]?.members ?? []
        let values = request["ExpressionAttributeValues"]?.members ?? []
        guard let text = request["ConditionExpression"]?.string else {
            guard names.isEmpty, values.isEmpty else {
                throw Self.invalid(
                    "ExpressionAttributeNames can only be specified when using expressions"
                )
            }
            return nil
        }
        var parser = Parser(text: text, names: names, values: values)
        root = try parser.parse()
    }

    /// Whether the write may be done where the table has this item; nil for nothing.
    func holds(for item: JSONValue?) -> Bool { Self.holds(root, item) }

    private static func holds(_ node: Node, _ item: JSONValue?) -> Bool {
        switch node {
        case .exists(let name, let isWanted): (item?[name] != nil) == isWanted
        case .and(let left, let right): holds(left, item) && holds(right, item)
        case .or(let left, let right): holds(left, item) || holds(right, item)
        case .not(let inner): !holds(inner, item)
        case .comparison(let left, let comparator, let right):
            compare(value(left, item), comparator, value(right, item))
        }
    }

    private static func value(_ operand: Operand, _ item: JSONValue?) -> JSONValue? {
        switch operand {
        case .attribute(let name): item?[name]
        case .value(let value): value
        }
    }

    /// False where an operand is missing, or where the types differ and the order is asked for.
    private static func compare(
        _ left: JSONValue?,
        _ comparator: String,
        _ right: JSONValue?
    ) -> Bool {
        guard let left, let right else { return false }
        if comparator == "=" { return left == right }
        if comparator == "<>" { return left != right }
        guard let order = order(left, right) else { return false }
        return switch comparator {
        case "<": order < 0
        case "<=": order <= 0
        case ">": order > 0
        default: order >= 0
        }
    }

    /// Negative, 0 or positive; nil where the two cannot be ordered.
    private static func order(_ left: JSONValue, _ right: JSONValue) -> Int? {
        guard let (type, first) = left.members?.first.map({ ($0.name, $0.value.string) }),
            let first, let second = right[type]?.string
        else { return nil }
        switch type {
        case "N":
            guard let first = try? ItemRules.Decimal(first),
                let second = try? ItemRules.Decimal(second)
            else { return nil }
            return first.order(second)
        case "S":
            if first == second { return 0 }
            return first.utf8.lexicographicallyPrecedes(second.utf8) ? -1 : 1
        default: return nil
        }
    }

    static func invalid(_ message: String) -> ItemRules.Violation {
        ItemRules.Violation(message: message)
    }
}

extension ItemRules.Decimal {
    /// Negative, 0 or positive.
    func order(_ other: Self) -> Int {
        if isNegative != other.isNegative { return isNegative ? -1 : 1 }
        let sign = isNegative ? -1 : 1
        if digits.isEmpty || other.digits.isEmpty {
            if digits.isEmpty && other.digits.isEmpty { return 0 }
            return digits.isEmpty ? (other.isNegative ? 1 : -1) : sign
        }
        if exponent != other.exponent { return exponent < other.exponent ? -sign : sign }
        if digits == other.digits { return 0 }
        return digits.lexicographicallyPrecedes(other.digits) ? -sign : sign
    }
}

extension ConditionExpression {
    private struct Parser {
        private var tokens: [String]
        private var next = 0
        private let names: [JSONMember]
        private let values: [JSONMember]
        private var used: Set<String> = []
        private let text: String

        init(text: String, names: [JSONMember], values: [JSONMember]) {
            self.text = text
            self.names = names
            self.values = values
            tokens = Self.tokens(of: text)
        }

        mutating func parse() throws(ItemRules.Violation) -> Node {
            let node = try disjunction()
            guard next == tokens.count else { throw syntax() }
            for (kind, given) in [
                ("ExpressionAttributeNames", names), ("ExpressionAttributeValues", values),
            ] {
                let unused = given.map(\.name).filter { !used.contains($0) }
                guard unused.isEmpty else {
                    throw invalid(
                        "Value provided in \(kind) unused in expressions: keys: "
                            + "{\(unused.joined(separator: ", "))}"
                    )
                }
            }
            return node
        }

        private mutating func disjunction() throws(ItemRules.Violation) -> Node {
            var node = try conjunction()
            while takeWord("OR") { node = .or(node, try conjunction()) }
            return node
        }

        private mutating func conjunction() throws(ItemRules.Violation) -> Node {
            var node = try negation()
            while takeWord("AND") { node = .and(node, try negation()) }
            return node
        }

        private mutating func negation() throws(ItemRules.Violation) -> Node {
            if takeWord("NOT") { return .not(try negation()) }
            if take("(") {
                let node = try disjunction()
                guard take(")") else { throw syntax() }
                return node
            }
            for (function, isWanted) in [
                ("attribute_exists", true), ("attribute_not_exists", false),
            ] where take(function) {
                guard take("("), case .attribute(let name) = try operand(), take(")") else {
                    throw syntax()
                }
                return .exists(name, isWanted: isWanted)
            }
            let left = try operand()
            guard next < tokens.count, ["=", "<>", "<", "<=", ">", ">="].contains(tokens[next])
            else { throw syntax() }
            let comparator = tokens[next]
            next += 1
            return .comparison(left, comparator, try operand())
        }

        private mutating func operand() throws(ItemRules.Violation) -> Operand {
            guard next < tokens.count else { throw syntax() }
            let token = tokens[next]
            next += 1
            if token.hasPrefix("#") {
                guard let name = names.first(where: { $0.name == token })?.value.string else {
                    throw invalid(
                        "An expression attribute name used in the document path is not defined; "
                            + "attribute name: \(token)"
                    )
                }
                used.insert(token)
                return .attribute(name)
            }
            if token.hasPrefix(":") {
                guard let value = values.first(where: { $0.name == token })?.value else {
                    throw invalid(
                        "An expression attribute value used in expression is not defined; "
                            + "attribute value: \(token)"
                    )
                }
                used.insert(token)
                let wrapped = JSONValue.object([JSONMember(name: "v", value: value)])
                return .value(try ItemRules.check(wrapped).item["v"] ?? value)
            }
            guard token.utf8.allSatisfy(Self.isNameByte), token.first?.isLetter == true else {
                throw syntax()
            }
            guard !Self.reservedWords.contains(token.uppercased()) else {
                throw invalid("Attribute name is a reserved keyword; reserved keyword: \(token)")
            }
            return .attribute(token)
        }

        private mutating func take(_ token: String) -> Bool {
            guard next < tokens.count, tokens[next] == token else { return false }
            next += 1
            return true
        }

        private mutating func takeWord(_ word: String) -> Bool {
            guard next < tokens.count, tokens[next].uppercased() == word else { return false }
            next += 1
            return true
        }

        private func syntax() -> ItemRules.Violation {
            let token = next < tokens.count ? tokens[next] : "<EOF>"
            return invalid("Syntax error; token: \"\(token)\", near: \"\(text)\"")
        }

        private func invalid(_ message: String) -> ItemRules.Violation {
            ConditionExpression.invalid("Invalid ConditionExpression: \(message)")
        }

        private static func tokens(of text: String) -> [String] {
            var tokens: [String] = []
            var rest = text[...]
            while let first = rest.first {
                if first == " " || first == "\n" || first == "\t" {
                    rest = rest.dropFirst()
                    continue
                }
                let symbol = ["<>", "<=", ">=", "=", "<", ">", "(", ")", ","].first {
                    rest.hasPrefix($0)
                }
                let length =
                    symbol?.count
                    ?? max(
                        1,
                        rest.prefix { $0 == "#" || $0 == ":" || $0.utf8.allSatisfy(isNameByte) }
                            .count
                    )
                tokens.append(String(rest.prefix(length)))
                rest = rest.dropFirst(length)
            }
            return tokens
        }

        private static func isNameByte(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }

        /// Those of the service's 573 that are likely names of attributes.
        private static let reservedWords: Set<String> = [
            "ACTION", "COMMENT", "COUNT", "DATA", "DATE", "DATETIME", "GROUP", "HASH", "INDEX",
            "ITEMS", "KEY", "LANGUAGE", "LEVEL", "LOCATION", "NAME", "NUMBER", "ORDER", "OWNER",
            "PATH", "POSITION", "RANGE", "REGION", "ROLE", "SIZE", "STATE", "STATUS", "TEXT",
            "TIME", "TIMESTAMP", "TOTAL", "TYPE", "URL", "USER", "VALUE", "VALUES", "VIEW", "YEAR",
        ]
    }
}
