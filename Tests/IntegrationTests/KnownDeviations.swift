import TestSupport
import Testing

/// What an endpoint is known to do otherwise than the service: the one list of it.
///
/// A rule that is listed here is not asked of that endpoint; everything else is.
struct KnownDeviation {
    var endpoint: TestEndpoint.Kind
    var rule: Rule
    var source: String

    static let all: [KnownDeviation] = [
        KnownDeviation(
            endpoint: .moto,
            rule: .duplicateKeysAreRefused,
            source: "moto 5.2.5 accepts two puts of one key in a batch"
        ),
        KnownDeviation(
            endpoint: .moto,
            rule: .moreThan25AreRefused,
            source: "moto 5.2.5 accepts 26 puts in a batch"
        ),
        KnownDeviation(
            endpoint: .moto,
            rule: .binaryKeysCanBeScanned,
            source: "moto 5.2.5 answers 500 to a segmented Scan of binary keys"
        ),
        KnownDeviation(
            endpoint: .moto,
            rule: .batchIsAllOrNothing,
            source: "moto 5.2.5 stores the items before the bad one"
        ),
        KnownDeviation(
            endpoint: .moto,
            rule: .itemSizeLimitIsExact,
            source: "moto 5.2.5 counts names and values in its own way, about 4.6 kB off"
        ),
        KnownDeviation(
            endpoint: .moto,
            rule: .numbersAreNormalised,
            source: "moto 5.2.5 keeps a number's text as it came"
        ),
        KnownDeviation(
            endpoint: .moto,
            rule: .numberLimits,
            source: "moto 5.2.5 accepts 39 digits and any magnitude"
        ),
        KnownDeviation(
            endpoint: .moto,
            rule: .nestingLimit,
            source: "moto 5.2.5 has no limit of nesting"
        ),
        KnownDeviation(
            endpoint: .moto,
            rule: .indexKeysAreChecked,
            source: "moto 5.2.5 checks index keys in part only"
        ),
        KnownDeviation(
            endpoint: .moto,
            rule: .emptyMemberNames,
            source: "moto 5.2.5 stores a member with an empty name"
        ),
        KnownDeviation(
            endpoint: .moto,
            rule: .capacityCountsIndexes,
            source: "moto 5.2.5 always reports 1 unit"
        ),
        KnownDeviation(
            endpoint: .moto,
            rule: .tablesHaveIdentities,
            source: "moto 5.2.5 gives no TableId"
        ),
        KnownDeviation(
            endpoint: .dynamoDBLocal,
            rule: .tablesHaveIdentities,
            source: "DynamoDB Local 3.3.1 gives no TableId"
        ),
        KnownDeviation(
            endpoint: .dynoxide,
            rule: .indexKeyLengthLimit,
            source: "Dynoxide 3.2.0 accepts index keys of any length"
        ),
        KnownDeviation(
            endpoint: .moto,
            rule: .indexKeyLengthLimit,
            source: "moto 5.2.5 checks index keys in part only"
        ),
    ]

    static func allows(_ endpoint: TestEndpoint, toBreak rule: Rule) -> Bool {
        all.contains { $0.endpoint == endpoint.kind && $0.rule == rule }
    }
}

/// The service's rules that the engine relies on.
enum Rule: String, CaseIterable, CustomTestStringConvertible {
    case duplicateKeysAreRefused
    case moreThan25AreRefused
    case batchIsAllOrNothing
    case itemSizeLimitIsExact
    case numbersAreNormalised
    case numberLimits
    case nestingLimit
    case tableKeysAreChecked
    case indexKeysAreChecked
    case indexKeyLengthLimit
    case emptyMemberNames
    case absentIndexKeysAreFine
    case emptyTextIsKept
    case missingTableIsNotFound
    case capacityCountsIndexes
    case tablesHaveIdentities
    case segmentsAreDisjointAndComplete
    /// Asked by `scripts/patterns.py`, whose pattern `key-types` needs it.
    case binaryKeysCanBeScanned

    var testDescription: String { rawValue }
}
