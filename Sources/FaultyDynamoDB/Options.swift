import TestSupport

/// The program's flags.
struct Options {
    static let usage = """
        Usage: faulty-dynamodb [FLAG VALUE]...

        A DynamoDB endpoint in memory that answers badly as often as it is told to, on 127.0.0.1.
        Prints `dynamodb URL`, `mysql HOST:PORT` if it has a proxy, and `seed N`; serves until
        SIGTERM or SIGINT.

          --port N               where to listen (0, the default: any free port)
          --seed N               what is drawn: the n-th request gets the same fault with it (1)
          --fault-rate R         of 1, requests that get any fault that can be survived (0)
          --throttle-rate R      of 1, requests that are throttled (0)
          --unprocessed-rate R   of 1, requests that leave items unprocessed (0)
          --black-hole-rate R    of 1, requests that are never answered; half of them are applied
                                 --late seconds later (0)
          --late S               see there (3)
          --body-cut-rate R      of 1, connections that are reset in the midst of a request (0)
          --limit-units N        write units a second of each table; what is more is throttled
          --limit-burst N        units that can be had at once after a rest (those of a second)
          --scan-page-bytes N    bytes of a scan's page (1048576)
          --witness-key KEY      requests that this access key signed are always answered soundly
          --journal FILE         a JSON line for every write received, and for every answer sent
          --mysql-proxy HOST:PORT  a proxy before this server, which does as the next flags say
          --proxy-port N         where the proxy listens (0: any free port)
          --cut-rate R           of 1, connections to MySQL that are cut off (0)
          --cut-bytes N          within how many of the server's bytes, at the most (10000000)
          --stall-rate R         of 1, cut connections that go silent instead (0)
        """

    var isHelpWanted = false
    var port: UInt16 = 0
    var seed: UInt64 = 1
    var schedule = FaultSchedule(seed: 1)
    var bodyCutRate = 0.0
    var limitUnits: Double?
    var limitBurst: Double?
    var scanPageBytes = 1 << 20
    var witnessKey: String?
    var journal: String?
    var mysql: (host: String, port: UInt16)?
    var proxyPort: UInt16 = 0
    var cutRate = 0.0
    var cutBytes = 10_000_000
    var stallRate = 0.0

    init() {}

    init(_ arguments: [String]) throws(Mistake) {
        var rest = arguments[...]
        while let flag = rest.popFirst() {
            if flag == "--help" || flag == "-h" {
                isHelpWanted = true
                return
            }
            guard let value = rest.popFirst() else { throw Mistake("\(flag) needs a value") }
            guard try set(flag, value) else {
                throw Mistake("no such flag: \(flag)\n\n\(Self.usage)")
            }
        }
        schedule.seed = seed
    }

    private mutating func set(_ flag: String, _ value: String) throws(Mistake) -> Bool {
        func number<T: LosslessStringConvertible>() throws(Mistake) -> T {
            guard let number = T(value) else { throw Mistake("\(flag): \(value) is no number") }
            return number
        }
        switch flag {
        case "--port": port = try number()
        case "--seed": seed = try number()
        case "--fault-rate": schedule.faultRate = try number()
        case "--throttle-rate": schedule.throttleRate = try number()
        case "--unprocessed-rate": schedule.unprocessedRate = try number()
        case "--black-hole-rate": schedule.blackHoleRate = try number()
        case "--late": schedule.late = .milliseconds(Int(try number() as Double * 1000))
        case "--body-cut-rate": bodyCutRate = try number()
        case "--limit-units": limitUnits = try number()
        case "--limit-burst": limitBurst = try number()
        case "--scan-page-bytes": scanPageBytes = try number()
        case "--witness-key": witnessKey = value
        case "--journal": journal = value
        case "--mysql-proxy":
            let parts = value.split(separator: ":")
            guard parts.count == 2, let port = UInt16(parts[1]) else {
                throw Mistake("\(flag): \(value) is not HOST:PORT")
            }
            mysql = (String(parts[0]), port)
        case "--proxy-port": proxyPort = try number()
        case "--cut-rate": cutRate = try number()
        case "--cut-bytes": cutBytes = try number()
        case "--stall-rate": stallRate = try number()
        default: return false
        }
        return true
    }

    var limits: [FakeDynamoDB.Limit] {
        guard let limitUnits else { return [] }
        return [FakeDynamoDB.Limit(unitsPerSecond: limitUnits, burst: limitBurst)]
    }

    var bodyCuts: @Sendable (Int, String) -> Int? {
        let (seed, rate, witness) = (seed, bodyCutRate, witnessKey)
        return { number, accessKeyID in
            if accessKeyID == witness { return nil }
            var random = SeededRandom(seed: seed ^ UInt64(number) &* 0x9E37_79B9)
            guard Double.random(in: 0..<1, using: &random) < rate else { return nil }
            return Int.random(in: 0...4000, using: &random)
        }
    }

    var courses: @Sendable (Int) -> CuttingProxy.Course {
        let (seed, stallRate) = (seed, stallRate)
        let cuts = CuttingProxy.courses(seed: seed, share: cutRate, bytes: cutBytes)
        return { number in
            var course = cuts(number)
            var random = SeededRandom(seed: seed ^ UInt64(number) &* 0x85EB_CA6B)
            if Double.random(in: 0..<1, using: &random) < stallRate { course.ending = .stall }
            return course
        }
    }
}

/// What is wrong with the arguments.
struct Mistake: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = "faulty-dynamodb: \(description)"
    }
}
