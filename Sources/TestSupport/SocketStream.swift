import Glibc

/// Reads requests from and writes answers to one connected socket.
///
/// Used on one thread.
final class SocketStream {
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private static let headMax = 64 * 1024
    private static let bodyMax = 64 * 1024 * 1024

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    func setNoDelay() {
        var yes: Int32 = 1
        unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, 4)
    }

    /// The next request; nil when the client has closed or sends what is no HTTP, and where
    /// `bodyCut`, asked before a body is read, says after how many bytes of it to reset.
    func readRequest(connection: Int, bodyCut: ([String: String]) -> Int? = { _ in nil })
        -> HTTPRequest?
    {
        guard let headEnd = readHead() else { return nil }
        let head = String(decoding: buffer[..<headEnd], as: UTF8.self)
        buffer.removeFirst(headEnd + 4)
        var lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)
        let start = lines.removeFirst().split(separator: " ")
        guard start.count == 3 else { return nil }
        var headers: [String: String] = [:]
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            headers[line[..<colon].lowercased()] = String(value)
        }
        guard let length = Int(headers["content-length"] ?? "0"), length <= Self.bodyMax else {
            return nil
        }
        if headers["expect"] == "100-continue" {
            _ = sendAll(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
        }
        if length > 0, let cut = bodyCut(headers) {
            while buffer.count < min(cut, length) { guard fill() else { return nil } }
            reset()
            return nil
        }
        while buffer.count < length { guard fill() else { return nil } }
        let body = Array(buffer[..<length])
        buffer.removeFirst(length)
        return HTTPRequest(
            method: String(start[0]),
            path: String(start[1]),
            headers: headers,
            body: body,
            connection: connection
        )
    }

    /// Sends the answer as its delivery says.
    ///
    /// - Returns: whether the connection can go on.
    func send(_ answer: HTTPAnswer) -> Bool {
        var head = "HTTP/1.1 \(answer.status) Answer\r\ncontent-length: \(answer.body.count)\r\n"
        for (name, value) in answer.headers { head += "\(name): \(value)\r\n" }
        if answer.closes { head += "connection: close\r\n" }
        let bytes = Array((head + "\r\n").utf8) + answer.body
        switch answer.delivery {
        case .whole: return sendEnd(bytes, of: answer)
        case .reset:
            reset()
            return false
        case .cutAfter(let count):
            _ = sendAll(Array(bytes.prefix(count)))
            reset()
            return false
        case .sliced(let count, let pause):
            var rest = bytes[...]
            while rest.count > count {
                guard sendAll(Array(rest.prefix(count))) else { return false }
                rest = rest.dropFirst(count)
                SystemThread.sleep(pause)
            }
            return sendEnd(Array(rest), of: answer)
        case .blackHole:
            while fill() {}
            return false
        case .thenClose(let isReset):
            _ = sendEnd(bytes, of: answer)
            if isReset { reset() }
            return false
        }
    }

    /// Sends the last bytes of an answer, and tells of it.
    private func sendEnd(_ bytes: [UInt8], of answer: HTTPAnswer) -> Bool {
        answer.onSend?(true)
        let isSent = sendAll(bytes)
        if !isSent { answer.onSend?(false) }
        return isSent
    }

    /// Makes the coming close a reset instead of an orderly end.
    private func reset() {
        var now = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(
            descriptor,
            SOL_SOCKET,
            SO_LINGER,
            &now,
            socklen_t(MemoryLayout<linger>.size)
        )
    }

    private func readHead() -> Int? {
        var searched = 0
        while true {
            while searched + 3 < buffer.count {
                if buffer[searched] == 13, buffer[searched + 1] == 10, buffer[searched + 2] == 13,
                    buffer[searched + 3] == 10
                {
                    return searched
                }
                searched += 1
            }
            guard buffer.count < Self.headMax || searched == 0, fill() else { return nil }
        }
    }

    private func fill() -> Bool {
        let piece = unsafe [UInt8](unsafeUninitializedCapacity: 64 * 1024) { space, count in
            var received = 0
            repeat {
                unsafe received = recv(descriptor, space.baseAddress, space.count, 0)
            } while received < 0 && errno == EINTR
            count = max(received, 0)
        }
        buffer += piece
        return !piece.isEmpty
    }

    private func sendAll(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { all in
                unsafe Glibc.send(
                    descriptor,
                    all.baseAddress?.advanced(by: sent),
                    all.count - sent,
                    Int32(MSG_NOSIGNAL)
                )
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }
}
