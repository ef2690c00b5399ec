internal import Glibc

/// Runs a program and collects what it prints: for `credential_process`.
enum ChildProcess {
    private static let outputBytesMax = 1 << 20
    private static let timeoutSeconds = 120

    /// Runs `arguments[0]`, looked up on the PATH, without a shell.
    ///
    /// Its standard error is ours, so that it can tell the user what it wants.
    ///
    /// - Returns: its standard output.
    /// - Throws: where it cannot be started, ends with another status than 0, prints more than a
    ///   megabyte or takes longer than two minutes.
    static func output(
        _ arguments: [String],
        environment: [String: String]
    ) throws(DynamoDBError) -> [UInt8] {
        var pipe: [Int32] = [0, 0]
        guard unsafe Glibc.pipe(&pipe) == 0 else { throw failure(arguments, errno) }
        for end in pipe { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(pipe[0]) }
        let started = Result { () throws(DynamoDBError) in
            try start(arguments, environment, output: pipe[1])
        }
        // Ours must go too, or the end of the output would never come.
        close(pipe[1])
        let child = try started.get()
        let output = read(pipe[0])
        if output == nil { kill(child, SIGKILL) }
        var status: Int32 = 0
        while unsafe waitpid(child, &status, 0) == -1, errno == EINTR {}
        guard let output else {
            throw CredentialContext.error(
                "\(arguments[0]) printed too much or took longer than \(timeoutSeconds) s"
            )
        }
        guard status == 0 else {
            let reason =
                status & 0x7F == 0
                ? "ended with status \(status >> 8 & 0xFF)" : "was ended by signal \(status & 0x7F)"
            throw CredentialContext.error(
                "\(arguments[0]) \(reason)",
                hint: "Run the profile's credential_process by hand to see why"
            )
        }
        return output
    }

    private static func start(
        _ arguments: [String],
        _ environment: [String: String],
        output: Int32
    ) throws(DynamoDBError) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
        // The child starts with the signals as a shell would give it, not with those that this
        // process blocks or ignores for its own sake.
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var usual = sigset_t()
        unsafe sigemptyset(&none)
        unsafe sigemptyset(&usual)
        unsafe sigaddset(&usual, SIGPIPE)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &usual)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
        var child: pid_t = 0
        let variables = environment.map { "\($0.key)=\($0.value)" }
        let code: Int32 = unsafe withCStrings(arguments) { arguments in
            unsafe withCStrings(variables) { variables in
                guard let program = unsafe arguments[0] else { return ENOENT }
                return unsafe posix_spawnp(
                    &child,
                    program,
                    &actions,
                    &attributes,
                    arguments,
                    variables
                )
            }
        }
        guard code == 0 else { throw failure(arguments, code) }
        return child
    }

    /// Reads until the other end is closed; nil where that is too much or takes too long.
    private static func read(_ file: Int32) -> [UInt8]? {
        let deadline = EventLoop.now() + .seconds(timeoutSeconds)
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while true {
            let rest = deadline - EventLoop.now()
            guard rest > .zero, bytes.count <= outputBytesMax else { return nil }
            var entry = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&entry, 1, Int32(clamping: rest.milliseconds)) > 0 else { continue }
            let count = unsafe Glibc.read(file, &chunk, chunk.count)
            if count == 0 { return bytes }
            if count > 0 { bytes += chunk[..<count] }
        }
    }

    /// Calls `body` with the texts as C has them: an array of pointers that ends with a nil.
    private static func withCStrings<Result>(
        _ texts: [String],
        _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        let pointers = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(
            capacity: texts.count + 1
        )
        for (index, text) in texts.enumerated() {
            unsafe (pointers + index).initialize(to: strdup(text))
        }
        unsafe (pointers + texts.count).initialize(to: nil)
        defer {
            for index in texts.indices { unsafe free(pointers[index]) }
            unsafe pointers.deallocate()
        }
        return unsafe body(pointers)
    }

    private static func failure(_ arguments: [String], _ code: Int32) -> DynamoDBError {
        CredentialContext.error(
            "\(arguments[0]) could not be started: \(unsafe String(cString: strerror(code)))",
            hint: "Check the profile's credential_process"
        )
    }
}
