import Dispatch
import Glibc
import Synchronization

/// Stands between one client and a server, and cuts the connection off after so many bytes of the
/// server's.
final class CuttingProxy: Sendable {
    /// The loopback port that it listens on.
    let port: UInt16
    private let listener: Int32
    private let server: UInt16
    private let cutAfter: Int
    private let passed = Atomic<Int>(0)

    /// Bytes of the server's that the client was given.
    var bytesPassed: Int { passed.load(ordering: .sequentiallyConsistent) }

    /// - Parameters:
    ///   - server: the loopback port of the server.
    ///   - cutAfter: bytes that pass.
    init?(server: UInt16, cutAfter: Int) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        self.server = server
        self.cutAfter = cutAfter
        var address = Self.loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe bind(listener, generic, length) == 0 && listen(listener, 1) == 0
                    && getsockname(listener, generic, &length) == 0
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        guard isListening else { return nil }
        DispatchQueue(label: "test.proxy.\(port)").async { self.serve() }
    }

    private func serve() {
        let client = accept(listener, nil, nil)
        close(listener)
        let upstream = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(server)
        let isConnected = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe connect(upstream, generic, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        defer {
            close(client)
            close(upstream)
        }
        guard client >= 0, isConnected else { return }
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            var waiting = [
                pollfd(fd: client, events: Int16(POLLIN), revents: 0),
                pollfd(fd: upstream, events: Int16(POLLIN), revents: 0),
            ]
            guard unsafe poll(&waiting, 2, 10_000) > 0 else { return }
            if waiting[0].revents != 0 {
                let count = unsafe recv(client, &buffer, buffer.count, 0)
                guard count > 0 else { return }
                _ = unsafe send(upstream, buffer, count, Int32(MSG_NOSIGNAL))
            }
            if waiting[1].revents != 0 {
                let count = unsafe recv(upstream, &buffer, buffer.count, 0)
                guard count > 0 else { return }
                let allowed = min(count, cutAfter - bytesPassed)
                _ = unsafe send(client, buffer, allowed, Int32(MSG_NOSIGNAL))
                passed.add(allowed, ordering: .sequentiallyConsistent)
                if bytesPassed >= cutAfter { return }
            }
        }
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}
