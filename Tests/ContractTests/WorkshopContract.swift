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
        let data = try #require(
            FileManager.default.contents(atPath: path),
            """
            The published contract is not at \(path). Set UNGLUE_WORKSHOP_CONTRACT to the \
            workshop's migrationContract.json, or put it there.
            """
        )
        return Array(data)
    }

    static func decoded() throws -> DecodedContract {
        try ContractDecoder.decode(bytes())
    }
}
