import Foundation
import Glibc
import Testing

@testable import DynamoDBSink

@Suite("TLS sessions")
struct SharedSessionsTests {
    /// OpenSSL's own server, which tells each client whether its session was resumed.
    private final class Server {
        let url: String
        let certificate: String
        private let folder: URL
        private let process = Process()

        init() throws {
            folder = FileManager.default.temporaryDirectory
                .appendingPathComponent("unglue-tls-\(UInt32.random(in: 0 ... .max))")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            certificate = folder.appendingPathComponent("certificate.pem").path
            let key = folder.appendingPathComponent("key.pem").path
            _ = try ChildProcess.output(
                [
                    "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-noenc", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate,
                ],
                environment: ProcessInfo.processInfo.environment
            )
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = [
                "openssl", "s_server", "-accept", "localhost:0", "-cert", certificate, "-key", key,
                "-www",
            ]
            let output = Pipe()
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            process.standardInput = FileHandle.nullDevice
            try process.run()
            var said = ""
            var port: Int?
            while port == nil {
                let bytes = output.fileHandleForReading.availableData
                try #require(!bytes.isEmpty, "openssl s_server ended: \(said)")
                said += String(decoding: bytes, as: UTF8.self)
                // ACCEPT 127.0.0.1:40123
                let line = said.split(separator: "\n").first { $0.hasPrefix("ACCEPT") }
                port = line?.split(separator: ":").last.flatMap { Int($0) }
            }
            url = "https://localhost:\(try #require(port))/"
        }

        deinit {
            // It may have inherited a mask that blocks any signal less.
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            do { try FileManager.default.removeItem(at: folder) } catch {
                Issue.record("the test's folder stays: \(error)")
            }
        }
    }

    private func greeting(_ handle: EasyHandle, _ server: Server) throws -> String {
        let request = HTTPRequest(method: .get, url: server.url, headers: [])
        let page = String(decoding: try handle.perform(request).body, as: UTF8.self)
        return page.split(separator: "\n").first { $0.hasPrefix("New,") || $0.hasPrefix("Reused,") }
            .map { String($0.prefix { $0 != "," }) } ?? page
    }

    @Test("are resumed by whichever transfer connects, where they are shared")
    func resumed() throws {
        let server = try Server()
        let settings = TransportSettings(
            connectTimeout: .seconds(10),
            requestTimeout: .seconds(10),
            responseBytesMax: 1 << 20,
            certificateFile: server.certificate
        )
        let sessions = SharedSessions()
        let shared = (0..<3).map { _ in EasyHandle(settings: settings, sessions: sessions) }
        #expect(try shared.map { try greeting($0, server) } == ["New", "Reused", "Reused"])
        let alone = (0..<2).map { _ in EasyHandle(settings: settings) }
        #expect(try alone.map { try greeting($0, server) } == ["New", "New"])
        #expect(try greeting(alone[1], server) == "Reused")
    }
}
