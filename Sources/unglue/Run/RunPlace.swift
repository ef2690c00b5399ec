import DynamoDBSink
import MySQLSource
import RunLedger

/// From where to where a run goes, as the ledger keeps it among the settings.
enum RunPlace {
    /// The facet of a run's identity in which it stands.
    static let facet = "the settings"

    private static let endpoint = "endpoint "
    private static let region = "region "
    private static let prefix = "table prefix "
    private static let database = "database "

    /// One line each; the facet's first lines.
    static func text(_ target: DynamoDBSettings, _ settings: Settings) -> String {
        [
            endpoint + target.endpoint.url, region + target.region,
            prefix + settings.tablePrefix, database + settings.mysql.database,
        ].joined(separator: "\n")
    }

    /// The same lines of a run of the ledger.
    static func text(of identity: [IdentityFacet]) -> String {
        lines(of: identity).filter { line in
            [endpoint, region, prefix, database].contains { line.hasPrefix($0) }
        }.joined(separator: "\n")
    }

    static func tablePrefix(of identity: [IdentityFacet]) -> String {
        lines(of: identity).first { $0.hasPrefix(prefix) }.map {
            String($0.dropFirst(prefix.count))
        }
            ?? ""
    }

    static func isInline(_ identity: [IdentityFacet]) -> Bool {
        lines(of: identity).contains("views inline")
    }

    private static func lines(of identity: [IdentityFacet]) -> [Substring] {
        let text = identity.first { $0.name == facet }?.text ?? ""
        return text.split(separator: "\n")
    }
}
