import Glibc
import Synchronization
import TestSupport

@testable import DynamoDBSink

/// An HTTP server on a free loopback port that answers each request as a script says.
///
/// For faults that no emulator makes. One thread a connection.
final class ScriptedServer: Sendable {
    struct Request: Sendable {
        /// The head, without the empty line behind it.
        var head: String
        var body: String
        /// From 0, over all connections.
        var number: Int
        /// From 0, in the order in which connections were accepted.
        var connection: Int

        var target: String {
            head.split(separator: "\r\n").first { $0.hasPrefix("X-Amz-Target: ") }
                .map { String($0.dropFirst("X-Amz-Target: DynamoDB_20120810.".count)) } ?? ""
        }
    }

    enum Answer: Sendable {
        case http(Int, String, headers: [String] = [])
        /// Closes the connection without a word.
        case close
        /// Sends bytes as they are, then closes.
        case raw(String)
        /// Keeps the connection and says nothing.
        case silence
    }

    private struct State: Sendable {
        var requests: [Request] = []
        var connections = 0
        var isStopped = false
    }

    private let state = Mutex(State())
    private let socket: Int32
    private let script: @Sendable (Request) -> Answer
    let port: Int

    init(_ script: @escaping @Sendable (Request) -> Answer) {
        self.script = script
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                _ = unsafe bind(socket, pointer, length)
                listen(socket, 1_024)
                _ = unsafe getsockname(socket, pointer, &length)
            }
        }
        self.socket = socket
        port = Int(UInt16(bigEndian: address.sin_port))
        SystemThread.detach { [self] in accept() }
    }

    var requests: [Request] { state.withLock { $0.requests } }

    func stop() {
        state.withLock { $0.isStopped = true }
        shutdown(socket, Int32(SHUT_RDWR))
        close(socket)
    }

    /// Settings for it, with short waits.
    func settings() -> DynamoDBSettings {
        guard let endpoint = Endpoint(url: "http://127.0.0.1:\(port)") else {
            preconditionFailure("a loopback address is an endpoint")
        }
        var settings = DynamoDBSettings(
            endpoint: endpoint,
            region: "us-east-1",
            credentials: Credentials(accessKeyID: "test", secretAccessKey: "test")
        )
        settings.retryBases.transientBase = .milliseconds(1)
        settings.retryBases.throttleBase = .milliseconds(1)
        settings.retryBases.delayMax = .milliseconds(20)
        return settings
    }

    private func accept() {
        while true {
            let connection = Glibc.accept(socket, nil, nil)
            if connection < 0 || state.withLock({ $0.isStopped }) { return }
            let number = state.withLock { state in
                defer { state.connections += 1 }
                return state.connections
            }
            SystemThread.detach { [self] in serve(connection, number) }
        }
    }

    private func serve(_ connection: Int32, _ number: Int) {
        defer { close(connection) }
        var pending: [UInt8] = []
        while let request = receive(connection, number, &pending) {
            switch script(request) {
            case .http(let status, let body, let headers):
                let lines = headers.map { "\($0)\r\n" }.joined()
                guard
                    send(
                        "HTTP/1.1 \(status) X\r\n\(lines)Content-Length: \(body.utf8.count)\r\n\r\n"
                            + body,
                        connection
                    )
                else { return }
            case .close: return
            case .raw(let bytes):
                _ = send(bytes, connection)
                return
            case .silence:
                var byte: UInt8 = 0
                while unsafe read(connection, &byte, 1) > 0 {}
                return
            }
        }
    }

    private func receive(
        _ connection: Int32,
        _ number: Int,
        _ pending: inout [UInt8]
    ) -> Request? {
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        var headLength: Int?
        var length = 0
        while true {
            if headLength == nil {
                let text = String(decoding: pending, as: UTF8.self)
                if let end = text.firstRange(of: "\r\n\r\n") {
                    let head = text[..<end.lowerBound]
                    headLength = head.utf8.count
                    length =
                        head.split(separator: "\r\n")
                        .first { $0.lowercased().hasPrefix("content-length:") }
                        .flatMap { Int($0.dropFirst(15).filter(\.isNumber)) } ?? 0
                }
            }
            if let headLength, pending.count >= headLength + 4 + length {
                let head = String(decoding: pending[..<headLength], as: UTF8.self)
                let start = headLength + 4
                let body = String(decoding: pending[start..<start + length], as: UTF8.self)
                pending.removeFirst(start + length)
                return state.withLock { state in
                    let request = Request(
                        head: head,
                        body: body,
                        number: state.requests.count,
                        connection: number
                    )
                    state.requests.append(request)
                    return request
                }
            }
            let count = unsafe read(connection, &chunk, chunk.count)
            guard count > 0 else { return nil }
            pending += chunk[..<count]
        }
    }

    private func send(_ text: String, _ connection: Int32) -> Bool {
        let bytes = Array(text.utf8)
        return unsafe Glibc.send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
            == bytes.count
    }
}
