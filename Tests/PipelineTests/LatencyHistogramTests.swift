import Testing

@testable import Pipeline

@Suite("The latency histogram")
struct LatencyHistogramTests {
    @Test("says nothing where nothing was recorded")
    func empty() {
        #expect(LatencyHistogram().quantile(0.5) == nil)
        #expect(LatencySummary(LatencyHistogram()) == nil)
    }

    @Test("counts up to 31 µs exactly")
    func small() {
        var histogram = LatencyHistogram()
        for microseconds in 0...31 { histogram.record(.microseconds(microseconds)) }
        #expect(histogram.quantile(0) == .microseconds(0))
        #expect(histogram.quantile(0.5) == .microseconds(15))
        #expect(histogram.quantile(1) == .microseconds(31))
        #expect(histogram.count == 32)
    }

    @Test(
        "is at most 1.6 % off, however long it took",
        arguments: [32, 33, 63, 64, 65, 1_000, 4_097, 999_999, 86_399_999, 1 << 35 + 1]
    )
    func error(microseconds: Int) throws {
        var histogram = LatencyHistogram()
        histogram.record(.microseconds(microseconds))
        histogram.record(.seconds(200_000))
        let median = try #require(histogram.quantile(0.5))
        let ratio = median / .microseconds(microseconds)
        #expect(abs(ratio - 1) <= 1.0 / 64)
    }

    @Test("tells the median, the tail and the longest of a thousand")
    func summary() throws {
        var histogram = LatencyHistogram()
        for milliseconds in 1...1_000 { histogram.record(.milliseconds(milliseconds)) }
        let summary = try #require(LatencySummary(histogram))
        #expect(abs(summary.median / .milliseconds(500) - 1) <= 1.0 / 64)
        #expect(abs(summary.p90 / .milliseconds(900) - 1) <= 1.0 / 64)
        #expect(abs(summary.p99 / .milliseconds(990) - 1) <= 1.0 / 64)
        #expect(summary.longest == .seconds(1))
    }

    @Test("takes what is longer than its last bucket, and what is no duration at all")
    func extremes() {
        var histogram = LatencyHistogram()
        histogram.record(.seconds(Int64.max))
        histogram.record(.seconds(-1))
        #expect(histogram.quantile(0) == .zero)
        #expect(histogram.longest == .seconds(Int64.max))
        #expect(histogram.count == 2)
    }
}
