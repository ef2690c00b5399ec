// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .strictMemorySafety(),
]

let package = Package(
    name: "benchmarks",
    dependencies: [.package(name: "unglue", path: "..")],
    targets: [
        // Counts allocations and marks what valgrind counts.
        .target(name: "CMeasure"),
        .executableTarget(
            name: "benchmarks",
            dependencies: [
                "CMeasure",
                .product(name: "Contract", package: "unglue"),
                .product(name: "Mapping", package: "unglue"),
                .product(name: "Pipeline", package: "unglue"),
                .product(name: "DynamoDBSink", package: "unglue"),
            ],
            path: "Sources/Benchmarks",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "null-sink",
            path: "Sources/NullSink",
            cSettings: [.unsafeFlags(["-Wall", "-Wextra"])],
            linkerSettings: [.linkedLibrary("z")]
        ),
    ],
    swiftLanguageModes: [.v6]
)
