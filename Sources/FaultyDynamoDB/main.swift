import Glibc
import TestSupport

/// Runs the fake DynamoDB endpoint by itself, and the proxy before a MySQL server, for soak tests
/// and for trials by hand.
var options = Options()
do {
    options = try Options(Array(CommandLine.arguments.dropFirst()))
} catch {
    print(error)
    exit(2)
}
if options.isHelpWanted {
    print(Options.usage)
    exit(0)
}

// Waited for below: no other thread may take them.
var signals = sigset_t()
unsafe sigemptyset(&signals)
unsafe sigaddset(&signals, SIGTERM)
unsafe sigaddset(&signals, SIGINT)
unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)

do {
    let schedule = options.schedule
    let limits = options.limits
    let witness = options.witnessKey
    let fake = try FakeDynamoDB(
        port: options.port,
        faults: { $0.accessKeyID == witness ? nil : schedule.fault(of: $0) },
        bodyCuts: options.bodyCuts
    )
    if let path = options.journal {
        try fake.writeJournal(to: path)
    } else {
        // It would grow for as long as the program serves.
        fake.keepNoJournal()
    }
    fake.setScanPageBytes(options.scanPageBytes)
    fake.setDefaultWriteLimits(limits)
    print("dynamodb \(fake.url)")
    var proxy: CuttingProxy?
    if let server = options.mysql {
        let made = try CuttingProxy(
            host: server.host,
            server: server.port,
            port: options.proxyPort,
            course: options.courses
        )
        print("mysql 127.0.0.1:\(made.port)")
        proxy = made
    }
    print("seed \(options.seed)")
    fflush(nil)
    var signal: Int32 = 0
    unsafe sigwait(&signals, &signal)
    proxy?.stop()
    fake.stop()
} catch {
    print("faulty-dynamodb: \(error)")
    exit(1)
}
