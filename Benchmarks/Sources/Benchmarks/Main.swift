import Contract
@unsafe @preconcurrency import Glibc

@main
enum Main {
    static func main() {
        _ = unsafe setvbuf(stdout, nil, _IOLBF, 0)
        do {
            try run(Options(Array(CommandLine.arguments.dropFirst())))
        } catch let error as UsageError {
            Files.complain(error.description)
            exit(2)
        } catch {
            Files.complain("\(error)")
            exit(1)
        }
    }

    private static func run(_ options: Options) throws {
        if case .help = options.mode { return print(Options.help, terminator: "") }
        let benchmarks = Benchmark.all.filter { options.selects($0.name) }
        guard !benchmarks.isEmpty else { throw UsageError("no benchmark has such a name") }
        switch options.mode {
        case .help: break
        case .list: for benchmark in benchmarks { print(benchmark.name) }
        case .allocations: printAllocations(benchmarks)
        case .instructions:
            for benchmark in benchmarks {
                Harness().runForInstructions(benchmark)
                print("\(benchmark.name) \(benchmark.items)")
            }
        case .measure: try measure(benchmarks, options)
        }
    }

    private static func printAllocations(_ benchmarks: [Benchmark]) {
        let members = benchmarks.map { benchmark in
            let number = Harness().allocations(benchmark).number
            return JSONMember(
                name: benchmark.name,
                value: .number(Decimals.text(number, places: 3))
            )
        }
        print(JSONValue.object(members).serialized(pretty: true))
    }

    private static func measure(_ benchmarks: [Benchmark], _ options: Options) throws {
        let before = try options.compare.map { try StoredRun.medians(of: Files.read($0)) } ?? [:]
        var measurements: [Measurement] = []
        print(
            "benchmark            unit      median ns   half of them    items/s    MB/s  allocations"
        )
        for benchmark in benchmarks {
            let measurement = Harness().measure(benchmark)
            measurements.append(measurement)
            print(line(measurement, before: before[benchmark.name]))
        }
        if let output = options.output {
            try Files.write(StoredRun.text(measurements, notes: options.notes), to: output)
        }
    }

    private static func line(_ measurement: Measurement, before: Double?) -> String {
        let name =
            measurement.name + String(repeating: " ", count: max(21 - measurement.name.count, 1))
        let unit =
            measurement.unit + String(repeating: " ", count: max(9 - measurement.unit.count, 1))
        var line = name + unit
        line += Decimals.column(measurement.median, places: 1, width: 10)
        line += Decimals.column(measurement.lower, places: 0, width: 8) + " -"
        line += Decimals.column(measurement.upper, places: 0, width: 6)
        line += Decimals.column(measurement.itemsPerSecond, places: 0, width: 10)
        line += Decimals.column(measurement.megabytesPerSecond, places: 0, width: 8)
        line += Decimals.column(measurement.allocations, places: 3, width: 13)
        if let before { line += "   \(Decimals.text(measurement.median / before, places: 2)) x" }
        return line
    }
}
