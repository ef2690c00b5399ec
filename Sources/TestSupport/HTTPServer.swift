import Dispatch
import Glibc
import Synchronization

/// A request as it came in.
public struct HTTPRequest: Sendable {
    public var method: String
    public var path: String
    /// Names in lower case.
    public var headers: [String: String]
    public var body: [UInt8]
    /// Number of the connection that it came on, from 0.
    public var connection: Int
}

/// What goes back, and how badly.
public struct HTTPAnswer: Sendable {
    /// What happens to the connection on the way.
    public enum Delivery: Sendable, Equatable {
        case whole
        /// The connection is reset before anything is sent.
        case reset
        /// So many bytes of the answer, head included, and then the connection is reset.
        case cutAfter(Int)
        /// So many bytes at a time, a pause between.
        case sliced(bytes: Int, pause: Duration)
        /// Nothing is sent, and the connection stays open until the client gives up.
        case blackHole
    }

    public var status: Int
    public var headers: [(String, String)]
    public var body: [UInt8]
    public var delay: Duration = .zero
    public var delivery = Delivery.whole
    /// Whether the connection is closed behind a whole answer.
    public var closes = false

    public init(status: Int, headers: [(String, String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// A small HTTP/1.1 server for tests: a thread a connection, keep-alive, and every way to answer
/// badly.
///
/// Loopback only.
public final class HTTPServer: Sendable {
    private struct State {
        var isStopped = false
        var open: Set<Int32> = []
        var connections = 0
    }

    public let port: UInt16
    private let listener: Int32
    private let handler: @Sendable (HTTPRequest) -> HTTPAnswer
    private let state = Mutex(State())

    /// Listens on a free port of 127.0.0.1.
    ///
    /// - Parameter handler: called on the connection's own thread, for several at once.
    /// - Throws: `SystemError` where no port can be had.
    public init(handler: @escaping @Sendable (HTTPRequest) -> HTTPAnswer) throws {
        self.handler = handler
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let failed = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe bind(listener, generic, length) != 0 || listen(listener, 512) != 0
                    || getsockname(listener, generic, &length) != 0
            }
        }
        guard listener >= 0, !failed else { throw SystemError(operation: "listen", code: errno) }
        port = UInt16(bigEndian: address.sin_port)
        Thread.detach { [self] in acceptAll() }
    }

    public var url: String { "http://127.0.0.1:\(port)" }

    /// Connections accepted so far.
    public var connections: Int { state.withLock { $0.connections } }

    /// Closes every connection and stops listening.
    public func stop() {
        let open = state.withLock { state in
            state.isStopped = true
            return state.open
        }
        shutdown(listener, Int32(SHUT_RDWR))
        for connection in open { shutdown(connection, Int32(SHUT_RDWR)) }
    }

    private func acceptAll() {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else {
                if errno == EINTR || errno == ECONNABORTED { continue }
                close(listener)
                return
            }
            let number = state.withLock { state -> Int? in
                guard !state.isStopped else { return nil }
                state.open.insert(connection)
                state.connections += 1
                return state.connections - 1
            }
            guard let number else {
                close(connection)
                continue
            }
            Thread.detach { [self] in
                serve(connection, number: number)
                state.withLock { _ = $0.open.remove(connection) }
                close(connection)
            }
        }
    }

    private func serve(_ connection: Int32, number: Int) {
        let stream = SocketStream(descriptor: connection)
        stream.setNoDelay()
        while let request = stream.readRequest(connection: number) {
            let answer = handler(request)
            if answer.delay > .zero { Thread.sleep(answer.delay) }
            guard stream.send(answer), !answer.closes else { return }
        }
    }
}

public struct SystemError: Error, CustomStringConvertible {
    public var operation: String
    public var code: Int32

    public var description: String {
        "\(operation): \(unsafe String(cString: strerror(code)))"
    }
}

/// Threads without Foundation.
enum Thread {
    static func detach(_ body: @escaping @Sendable () -> Void) {
        DispatchQueue(label: "unglue.test.thread").async(execute: body)
    }

    static func sleep(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        usleep(useconds_t(seconds * 1_000_000 + attoseconds / 1_000_000_000_000))
    }
}
