import Foundation
import Testing

/// A fresh directory that is gone with the value.
final class TemporaryDirectory {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory
            .appendingPathComponent("unglue-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            Issue.record("the temporary directory stays: \(error)")
        }
    }

    /// Writes a file that only its owner may read, and says where it is.
    func write(_ text: String, to name: String, mode: Int = 0o600) throws -> String {
        let file = "\(path)/\(name)"
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        return file
    }

    func read(_ name: String) throws -> String {
        try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)
    }
}

/// What the built program said and did.
struct Outcome: Equatable {
    var status: Int32
    var output: String
    var errors: String
}

/// The built program: `UNGLUE_BIN`, else the one beside the tests.
enum Program {
    static let path: String = {
        if let path = ProcessInfo.processInfo.environment["UNGLUE_BIN"] { return path }
        return URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("unglue").path
    }()

    /// Starts the program in a directory, with nothing in its environment but what is given.
    static func start(
        _ arguments: [String],
        environment: [String: String] = [:],
        in directory: String,
        output: Any,
        errors: Any
    ) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = environment.merging(["PATH": "/usr/bin:/bin"]) { given, _ in given }
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        return process
    }

    static func run(
        _ arguments: [String],
        environment: [String: String] = [:],
        in directory: String
    ) throws -> Outcome {
        let (outputPath, errorsPath) = ("\(directory)/.stdout", "\(directory)/.stderr")
        for path in [outputPath, errorsPath] {
            _ = FileManager.default.createFile(atPath: path, contents: nil)
        }
        let output = try FileHandle(forWritingTo: URL(fileURLWithPath: outputPath))
        let errors = try FileHandle(forWritingTo: URL(fileURLWithPath: errorsPath))
        let process = try start(
            arguments,
            environment: environment,
            in: directory,
            output: output,
            errors: errors
        )
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus,
            output: try String(contentsOfFile: outputPath, encoding: .utf8),
            errors: try String(contentsOfFile: errorsPath, encoding: .utf8)
        )
    }
}

/// Files beside the tests.
enum Fixture {
    static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Fixtures").path

    /// Expects the text of a fixture; with `UNGLUE_UPDATE_FIXTURES=1` the text becomes the fixture.
    static func expect(
        _ text: String,
        is name: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let path = "\(directory)/\(name)"
        if ProcessInfo.processInfo.environment["UNGLUE_UPDATE_FIXTURES"] == "1" {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        }
        let expected = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text == expected, "\(name)", sourceLocation: sourceLocation)
    }
}
