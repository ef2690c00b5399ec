import Glibc

/// Asks the person at the terminal, however standard input and output are redirected.
final class TerminalPrompt {
    private let descriptor: Int32

    /// Opens the terminal, or throws a usage error where there is none.
    init() throws(UsageError) {
        descriptor = unsafe open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else {
            throw UsageError(
                [UsageProblem("there is no terminal to ask on", hint: "give --yes")],
                command: .tables
            )
        }
    }

    deinit {
        _ = close(descriptor)
    }

    /// Asks a question; true only if the answer is exactly `word`.
    func confirms(_ question: String, by word: String) throws(OutputError) -> Bool {
        let text = "\(Neutral.text(question))\nType \(Neutral.text(word)) to confirm: "
        try Descriptor.write(Array(text.utf8), to: descriptor)
        return readLine() == word
    }

    private func readLine() -> String {
        var line: [UInt8] = []
        while line.count < 4096 {
            var byte: UInt8 = 0
            let count = unsafe read(descriptor, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1, byte != UInt8(ascii: "\n") else { break }
            line.append(byte)
        }
        return String(decoding: line, as: UTF8.self).trimmed
    }
}
