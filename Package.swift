// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .strictMemorySafety(),
]

/// A module and the modules below it: dependencies point one way, and `scripts/check` enforces it.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// `exclude`: files beside the tests that are read where they lie.
func tests(
    _ name: String,
    _ dependencies: [Target.Dependency],
    exclude: [String] = []
) -> Target {
    .testTarget(
        name: name,
        dependencies: dependencies,
        exclude: exclude,
        swiftSettings: strict
    )
}

let package = Package(
    name: "unglue",
    products: [
        .executable(name: "unglue", targets: ["unglue"]),
        // For Benchmarks, a package of its own, and for nobody else: they are no stable interface.
        .library(name: "Contract", targets: ["Contract"]),
        .library(name: "Mapping", targets: ["Mapping"]),
        .library(name: "Pipeline", targets: ["Pipeline"]),
        .library(name: "DynamoDBSink", targets: ["DynamoDBSink"]),
    ],
    targets: [
        .systemLibrary(
            name: "CMySQL",
            pkgConfig: "mysqlclient",
            providers: [.apt(["default-libmysqlclient-dev"])]
        ),
        .systemLibrary(
            name: "CCurl",
            pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"])]
        ),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(
            name: "CSQLite",
            pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"])]
        ),

        module("Contract"),
        module("Mapping", ["Contract"]),
        module("Pipeline", ["Contract", "Mapping"]),
        module("MySQLSource", ["CMySQL", "Contract", "Mapping", "Pipeline"]),
        module("DynamoDBSink", ["CCurl", "COpenSSL", "CZlib", "Contract", "Mapping", "Pipeline"]),
        module("RunLedger", ["CSQLite", "Contract", "Pipeline"]),
        .executableTarget(
            name: "unglue",
            dependencies: [
                "Contract", "Mapping", "Pipeline", "MySQLSource", "DynamoDBSink", "RunLedger",
            ],
            swiftSettings: strict
        ),

        module("TestSupport", ["Contract", "Mapping", "Pipeline", "MySQLSource", "DynamoDBSink"]),
        .executableTarget(
            name: "faulty-dynamodb",
            dependencies: ["TestSupport"],
            path: "Sources/FaultyDynamoDB",
            swiftSettings: strict
        ),
        tests("ContractTests", ["Contract", "TestSupport"]),
        tests("MappingTests", ["Contract", "Mapping", "TestSupport"]),
        tests("PipelineTests", ["Contract", "Mapping", "Pipeline", "TestSupport"]),
        tests(
            "MySQLSourceTests",
            ["Contract", "Mapping", "Pipeline", "MySQLSource", "TestSupport"]
        ),
        tests(
            "DynamoDBSinkTests",
            ["Contract", "Mapping", "Pipeline", "DynamoDBSink", "TestSupport"]
        ),
        tests("RunLedgerTests", ["CSQLite", "Pipeline", "RunLedger", "TestSupport"]),
        tests(
            "IntegrationTests",
            ["Contract", "Mapping", "Pipeline", "MySQLSource", "DynamoDBSink", "TestSupport"]
        ),
        tests(
            "CommandLineTests",
            [
                "unglue", "Contract", "Pipeline", "MySQLSource", "DynamoDBSink", "RunLedger",
                "TestSupport",
            ],
            exclude: ["Fixtures"]
        ),
    ],
    swiftLanguageModes: [.v6]
)
