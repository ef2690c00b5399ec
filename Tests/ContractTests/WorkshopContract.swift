import Contract
import Foundation
import Testing

/// The published contract, which is never part of this repository.
enum WorkshopContract {
    /// `UNGLUE_WORKSHOP_CONTRACT` names the file; without it, it lies beside the package.
    static var path: String {
        if let path = ProcessInfo.processInfo.environment["UNGLUE_WORKSHOP_CONTRACT"] {
            return path
        }
        let package = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return package.appendingPathComponent("../shared/workshop/migrationContract.json")
            .standardizedFileURL.path
    }

    static func bytes() throws -> [UInt8] {
        // `scripts/test --skip published`: the contract is others' and not on every machine.
        if ProcessInfo.processInfo.environment["UNGLUE_TEST_SKIP_PUBLISHED"] == "1" {
            try Test.cancel("the published contract is skipped, as asked")
        }
        let data = try #require(
            FileManager.default.contents(atPath: path),
            """
            The published contract is not at \(path). Set UNGLUE_WORKSHOP_CONTRACT to the \
            workshop's migrationContract.json, put it there, or skip its part: \
            `scripts/test --skip published`.
            """
        )
        return Array(data)
    }

    static func decoded() throws -> DecodedContract {
        try ContractDecoder.decode(bytes())
    }
}
