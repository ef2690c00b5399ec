import Contract
import Foundation
import Testing

/// The contracts that the repository ships: `contracts/*.json` and every `contract.json` below.
enum ExampleContracts {
    static var folder: URL {
        let package = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return package.appendingPathComponent("contracts")
    }

    /// Paths relative to `contracts`.
    static var all: [String] {
        let paths = FileManager.default.enumerator(atPath: folder.path)?.allObjects ?? []
        return paths.compactMap { $0 as? String }.filter { path in
            let isTop = !path.contains("/") && path.hasSuffix(".json")
            return path.hasSuffix("/contract.json") || (isTop && !path.contains("schema"))
        }.sorted()
    }
}

@Suite("The example contracts")
struct ExampleContractTests {
    @Test("There are examples")
    func exist() {
        #expect(ExampleContracts.all.contains("store.json"))
    }

    @Test("Each decodes without a warning", arguments: ExampleContracts.all)
    func decodes(path: String) throws {
        let file = ExampleContracts.folder.appendingPathComponent(path).path
        let data = try #require(FileManager.default.contents(atPath: file))
        let decoded = try ContractDecoder.decode(Array(data))
        #expect(decoded.warnings.map(\.description) == [])
        #expect(!decoded.contract.tables.isEmpty)
    }
}
