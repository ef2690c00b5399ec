internal import Glibc
// With the static standard library, this is the module that `timespec` is seen to come from.
internal import SwiftOverlayShims

/// Points in time as the ledger keeps them: milliseconds since 1970 in UTC.
public enum LedgerTime {
    /// Now, by the host's clock.
    public static func now() -> Int {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Int(time.tv_sec) * 1000 + Int(time.tv_nsec) / 1_000_000
    }

    /// As in `2024-02-29T23:59:59Z`.
    static func text(milliseconds: Int) -> String {
        var seconds = time_t(milliseconds / 1000)
        var parts = unsafe tm()
        guard unsafe gmtime_r(&seconds, &parts) != nil else { return "\(seconds)" }
        let date = unsafe [parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday].map(digits)
        let time = unsafe [parts.tm_hour, parts.tm_min, parts.tm_sec].map(digits)
        return "\(date.joined(separator: "-"))T\(time.joined(separator: ":"))Z"
    }

    private static func digits(_ number: Int32) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}
