import Glibc
import Synchronization

/// Stands between clients and a server, and does to each connection what a bad network does: cuts,
/// resets, stalls, delays and slices.
public final class CuttingProxy: Sendable {
    /// What becomes of a connection once its bytes are used up.
    public enum Ending: String, Sendable, CaseIterable {
        /// Both sides are closed in order.
        case close
        /// Both sides are reset.
        case reset
        /// Nothing passes any more, and both sides stay open until one of them gives up.
        case stall
    }

    /// What happens to one connection.
    public struct Course: Sendable {
        /// Bytes of the server's that pass before the ending; nil for all.
        public var serverBytes: Int?
        /// Bytes of the client's that pass before the ending; nil for all.
        public var clientBytes: Int?
        public var ending = Ending.close
        /// Before each piece of the server's.
        public var delay = Duration.zero
        /// The most bytes that are handed on at a time.
        public var pieceBytes = 1 << 16

        /// Everything passes.
        public init() {}
    }

    private struct State {
        var isStopped = false
        /// The two sockets of each connection that is open.
        var open: [Int: (client: Int32, server: Int32)] = [:]
        var connections = 0
    }

    /// The loopback port that it listens on.
    public let port: UInt16
    private let listener: Int32
    private let host: String
    private let serverPort: UInt16
    private let course: @Sendable (Int) -> Course
    private let passed = Atomic<Int>(0)
    private let state = Mutex(State())

    /// Bytes of the server's that the clients were given.
    public var bytesPassed: Int { passed.load(ordering: .sequentiallyConsistent) }

    /// Connections that were accepted.
    public var connections: Int { state.withLock { $0.connections } }

    /// - Parameters:
    ///   - host: the server's IPv4 address.
    ///   - server: its port.
    ///   - port: where to listen on 127.0.0.1; 0 for any that is free.
    ///   - course: what happens to a connection, by its number from 0.
    /// - Throws: `SystemError` where the port cannot be had.
    public init(
        host: String = "127.0.0.1",
        server: UInt16,
        port: UInt16 = 0,
        course: @escaping @Sendable (Int) -> Course
    ) throws {
        self.host = host
        serverPort = server
        self.course = course
        (listener, self.port) = try Loopback.listen(port: port)
        // Weak, so that a proxy that nobody holds any more is stopped by its deinit.
        SystemThread.detach { [listener, weak self] in
            Self.acceptAll(listener) { client in
                guard let self else { return false }
                self.take(client)
                return true
            }
        }
    }

    /// One that cuts every connection after so many bytes of the server's.
    public convenience init?(server: UInt16, cutAfter: Int) {
        var course = Course()
        course.serverBytes = cutAfter
        do {
            try self.init(server: server) { [course] _ in course }
        } catch {
            return nil
        }
    }

    deinit {
        stop()
    }

    /// Breaks every connection and stops listening.
    public func stop() {
        state.withLock { state in
            guard !state.isStopped else { return }
            state.isStopped = true
            shutdown(listener, Int32(SHUT_RDWR))
        }
        breakAll()
    }

    /// Resets every connection that is open now.
    public func breakAll() {
        state.withLock { state in
            for pair in state.open.values {
                Loopback.disconnect(pair.client)
                Loopback.disconnect(pair.server)
            }
        }
    }

    private static func acceptAll(_ listener: Int32, take: (Int32) -> Bool) {
        while true {
            let client = accept(listener, nil, nil)
            if client < 0 && (errno == EINTR || errno == ECONNABORTED) { continue }
            guard client >= 0, take(client) else {
                if client >= 0 { close(client) }
                close(listener)
                return
            }
        }
    }

    private func take(_ client: Int32) {
        guard let server = Loopback.connect(host: host, port: serverPort) else {
            close(client)
            return
        }
        let number = state.withLock { state -> Int in
            state.connections += 1
            state.open[state.connections - 1] = (client, server)
            return state.connections - 1
        }
        let course = course(number)
        SystemThread.detach { [self] in
            Relay(client: client, server: server, course: course).run { bytes in
                passed.add(bytes, ordering: .sequentiallyConsistent)
            }
            state.withLock { state in
                state.open[number] = nil
                close(client)
                close(server)
            }
        }
    }
}

extension CuttingProxy {
    /// Courses that a seed fixes.
    ///
    /// - Parameters:
    ///   - seed: of the random numbers.
    ///   - share: how many connections of 1 come to a bad end.
    ///   - bytes: how many bytes of the server's the bad ones live for, at the most.
    ///   - endings: which ends are drawn from.
    /// - Returns: the course of a connection by its number.
    public static func courses(
        seed: UInt64,
        share: Double,
        bytes: Int,
        endings: [Ending] = [.close, .reset]
    ) -> @Sendable (Int) -> Course {
        { number in
            var random = SeededRandom(seed: seed &+ UInt64(number) &* 0x9E37)
            var course = Course()
            guard Double.random(in: 0..<1, using: &random) < share else { return course }
            // Short lives are as likely as long ones: the hand-shake is cut as well.
            let bits = Int.bitWidth - max(1, bytes).leadingZeroBitCount
            let life = min(bytes, 1 << Int.random(in: 0...bits, using: &random))
            let cut = Int.random(in: 0...life, using: &random)
            if Int.random(in: 0..<8, using: &random) == 0 {
                course.clientBytes = cut % 2000
            } else {
                course.serverBytes = cut
            }
            course.ending = endings.randomElement(using: &random) ?? .close
            if Int.random(in: 0..<4, using: &random) == 0 {
                course.pieceBytes = Int.random(in: 1...300, using: &random)
            }
            return course
        }
    }
}

/// One connection through the proxy, on one thread.
private struct Relay {
    let client: Int32
    let server: Int32
    let course: CuttingProxy.Course

    func run(passed: (Int) -> Void) {
        var toClient = course.serverBytes ?? .max
        var toServer = course.clientBytes ?? .max
        var buffer = [UInt8](repeating: 0, count: max(1, course.pieceBytes))
        while toClient > 0, toServer > 0 {
            var waiting = [
                pollfd(fd: client, events: Int16(POLLIN), revents: 0),
                pollfd(fd: server, events: Int16(POLLIN), revents: 0),
            ]
            let ready = unsafe poll(&waiting, 2, -1)
            if ready < 0 && errno == EINTR { continue }
            guard ready > 0 else { return }
            if waiting[0].revents != 0 {
                guard move(&buffer, from: client, to: server, &toServer) != nil else { return }
            }
            if waiting[1].revents != 0 {
                if course.delay > .zero { SystemThread.sleep(course.delay) }
                guard let count = move(&buffer, from: server, to: client, &toClient) else {
                    return
                }
                passed(count)
            }
        }
        end()
    }

    /// - Returns: the bytes that were moved; nil where a side has closed.
    private func move(
        _ buffer: inout [UInt8],
        from source: Int32,
        to target: Int32,
        _ left: inout Int
    ) -> Int? {
        let count = unsafe recv(source, &buffer, buffer.count, 0)
        guard count > 0 else { return nil }
        let allowed = min(count, left)
        var sent = 0
        while sent < allowed {
            let piece = unsafe buffer.withUnsafeBytes { bytes in
                unsafe send(
                    target,
                    bytes.baseAddress?.advanced(by: sent),
                    allowed - sent,
                    Int32(MSG_NOSIGNAL)
                )
            }
            if piece < 0 && errno == EINTR { continue }
            guard piece > 0 else { return nil }
            sent += piece
        }
        left -= allowed
        return allowed
    }

    private func end() {
        switch course.ending {
        case .close: return
        case .reset:
            Loopback.disconnect(client)
            Loopback.disconnect(server)
        case .stall:
            // Until a side closes: what it sends goes nowhere.
            var waiting = [
                pollfd(fd: client, events: Int16(POLLIN), revents: 0),
                pollfd(fd: server, events: 0, revents: 0),
            ]
            var buffer = [UInt8](repeating: 0, count: 4096)
            while unsafe poll(&waiting, 2, -1) >= 0 || errno == EINTR {
                if waiting[1].revents != 0 { return }
                if waiting[0].revents != 0, unsafe recv(client, &buffer, buffer.count, 0) <= 0 {
                    return
                }
            }
        }
    }
}
