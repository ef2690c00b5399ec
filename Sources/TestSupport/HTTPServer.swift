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
        /// The whole answer, and then the connection is closed without a word: in order, or reset.
        case thenClose(isReset: Bool)
    }

    public var status: Int
    public var headers: [(String, String)]
    public var body: [UInt8]
    public var delay: Duration = .zero
    public var delivery = Delivery.whole
    /// Whether the connection is closed behind a whole answer.
    public var closes = false
    /// Called with `true` just before the last byte is sent; and then with `false` if it could not
    /// be.
    public var onSend: (@Sendable (Bool) -> Void)?

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
        /// Whether a request is under way on each open connection, by its descriptor.
        var open: [Int32: Bool] = [:]
        var connections = 0
        var bodies = 0
    }

    public let port: UInt16
    private let listener: Int32
    private let handler: @Sendable (HTTPRequest) -> HTTPAnswer
    private let bodyCuts: @Sendable (Int, [String: String]) -> Int?
    private let state = Mutex(State())

    /// Listens on 127.0.0.1.
    ///
    /// - Parameters:
    ///   - port: 0 for any that is free.
    ///   - handler: called on the connection's own thread, for several at once.
    ///   - bodyCuts: asked for each request that has a body, by its number and headers: after how
    ///     many bytes of the body the connection is reset; nil to let it through.
    /// - Throws: `SystemError` where the port cannot be had.
    public init(
        port: UInt16 = 0,
        handler: @escaping @Sendable (HTTPRequest) -> HTTPAnswer,
        bodyCuts: @escaping @Sendable (Int, [String: String]) -> Int? = { _, _ in nil }
    ) throws {
        self.handler = handler
        self.bodyCuts = bodyCuts
        (listener, self.port) = try Loopback.listen(port: port)
        SystemThread.detach { [self] in acceptAll() }
    }

    public var url: String { "http://127.0.0.1:\(port)" }

    /// Connections accepted so far.
    public var connections: Int { state.withLock { $0.connections } }

    /// Closes every connection and stops listening.
    public func stop() {
        // Under the lock, so that no descriptor is closed and used anew meanwhile.
        state.withLock { state in
            guard !state.isStopped else { return }
            state.isStopped = true
            shutdown(listener, Int32(SHUT_RDWR))
            for connection in state.open.keys { shutdown(connection, Int32(SHUT_RDWR)) }
        }
    }

    /// Closes the connections on which no request is under way, with FIN or with RST.
    public func closeIdle(isReset: Bool) {
        state.withLock { state in
            for (connection, isBusy) in state.open where !isBusy {
                if isReset {
                    Loopback.disconnect(connection)
                } else {
                    shutdown(connection, Int32(SHUT_RDWR))
                }
            }
        }
    }

    private func acceptAll() {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else {
                if errno == EINTR || errno == ECONNABORTED { continue }
                if errno == EMFILE || errno == ENFILE {
                    SystemThread.sleep(.milliseconds(10))
                    continue
                }
                close(listener)
                return
            }
            let number = state.withLock { state -> Int? in
                guard !state.isStopped else { return nil }
                state.open[connection] = false
                state.connections += 1
                return state.connections - 1
            }
            guard let number else {
                close(connection)
                continue
            }
            SystemThread.detach { [self] in
                serve(connection, number: number)
                state.withLock { state in
                    state.open[connection] = nil
                    close(connection)
                }
            }
        }
    }

    private func serve(_ connection: Int32, number: Int) {
        let stream = SocketStream(descriptor: connection)
        stream.setNoDelay()
        let cut: ([String: String]) -> Int? = { [self] headers in
            let number = state.withLock { state in
                state.bodies += 1
                return state.bodies - 1
            }
            return bodyCuts(number, headers)
        }
        while let request = stream.readRequest(connection: number, bodyCut: cut) {
            state.withLock { $0.open[connection] = true }
            let answer = handler(request)
            if answer.delay > .zero { SystemThread.sleep(answer.delay) }
            guard stream.send(answer), !answer.closes else { return }
            state.withLock { $0.open[connection] = false }
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

/// Sockets of this machine.
enum Loopback {
    /// A listening socket and its port; `port` 0 for any that is free.
    static func listen(port: UInt16) throws(SystemError) -> (socket: Int32, port: UInt16) {
        let listener = socket(
            AF_INET,
            Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue),
            0
        )
        var yes: Int32 = 1
        unsafe setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, 4)
        var address = address(port: port)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let failed = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe bind(listener, generic, length) != 0 || Glibc.listen(listener, 512) != 0
                    || getsockname(listener, generic, &length) != 0
            }
        }
        guard listener >= 0, !failed else {
            let code = errno
            close(listener)
            throw SystemError(operation: "listen on port \(port)", code: code)
        }
        return (listener, UInt16(bigEndian: address.sin_port))
    }

    /// A connected socket; nil where nobody listens.
    static func connect(host: String, port: UInt16) -> Int32? {
        let connection = socket(
            AF_INET,
            Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue),
            0
        )
        var address = address(port: port)
        guard unsafe inet_pton(AF_INET, host, &address.sin_addr) == 1 else {
            close(connection)
            return nil
        }
        let isConnected = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe Glibc.connect(connection, generic, socklen_t(MemoryLayout<sockaddr_in>.size))
                    == 0
            }
        }
        if isConnected { return connection }
        close(connection)
        return nil
    }

    /// Breaks a connection off with RST, at once, whoever reads from it meanwhile.
    static func disconnect(_ connection: Int32) {
        var none = sockaddr()
        none.sa_family = sa_family_t(AF_UNSPEC)
        // On Linux, to connect to nowhere is to disconnect.
        _ = unsafe Glibc.connect(connection, &none, socklen_t(MemoryLayout<sockaddr>.size))
    }

    private static func address(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
        return address
    }
}
