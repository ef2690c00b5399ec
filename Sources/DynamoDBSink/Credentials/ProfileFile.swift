/// The profiles of `~/.aws/credentials` and `~/.aws/config`, as plain values.
///
/// https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html
struct ProfileFile: Sendable, Equatable {
    enum Kind: Sendable {
        /// Sections are named like the profile: `[work]`.
        case credentials
        /// Sections are named `[profile work]`, `[default]`, `[services local]`.
        case config
    }

    typealias Section = [String: String]

    /// By the profile's name.
    ///
    /// A setting nested in another is named `outer.inner`.
    var profiles: [String: Section] = [:]
    /// By the name of the `services` section.
    var services: [String: Section] = [:]

    init() {}

    /// Reads a file's text.
    ///
    /// Lines that are no section, setting or comment are passed over, as the AWS tools do with
    /// settings that they do not know.
    init(_ text: String, kind: Kind) {
        var place: (isService: Bool, name: String)?
        var outer = ""
        for line in text.split(whereSeparator: \.isNewline) {
            let isIndented = line.first == " " || line.first == "\t"
            let content = Self.trimmed(line)
            if content.isEmpty || content.first == "#" || content.first == ";" { continue }
            if !isIndented, content.first == "[" {
                outer = ""
                place = Self.place(content, kind)
                continue
            }
            guard let place, let equals = content.firstIndex(of: "=") else { continue }
            let name = Self.trimmed(content[..<equals]).lowercased()
            let value = String(Self.trimmed(content[content.index(after: equals)...]))
            if !isIndented { outer = value.isEmpty ? name : "" }
            let key = isIndented && !outer.isEmpty ? "\(outer).\(name)" : name
            if place.isService {
                services[place.name, default: [:]][key] = value
            } else {
                profiles[place.name, default: [:]][key] = value
            }
        }
    }

    /// Adds another file's settings; this file's own win.
    mutating func merge(_ other: ProfileFile) {
        for (name, section) in other.profiles {
            profiles[name, default: [:]].merge(section) { mine, _ in mine }
        }
        services.merge(other.services) { mine, _ in mine }
    }

    private static func place(_ line: Substring, _ kind: Kind) -> (isService: Bool, name: String)? {
        guard let end = line.firstIndex(of: "]") else { return nil }
        let inside = trimmed(line[line.index(after: line.startIndex)..<end])
        if kind == .credentials || inside == "default" { return (false, unquoted(inside)) }
        let words = inside.split(maxSplits: 1, whereSeparator: \.isWhitespace)
        guard words.count == 2 else { return nil }
        switch words[0] {
        case "profile": return (false, unquoted(trimmed(words[1])))
        case "services": return (true, unquoted(trimmed(words[1])))
        default: return nil
        }
    }

    private static func unquoted(_ text: Substring) -> String {
        guard text.count >= 2, let first = text.first, first == "\"" || first == "'",
            text.last == first
        else { return String(text) }
        return String(text.dropFirst().dropLast())
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let start = text.drop(while: \.isWhitespace)
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return start[...last]
    }
}
