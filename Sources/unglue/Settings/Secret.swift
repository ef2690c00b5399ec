/// A password.
///
/// It prints as `**redacted**`, wherever it is printed; only who asks for `reveal()` gets it, so
/// that a search for that word finds every use.
struct Secret: Sendable, Equatable {
    private let value: String

    init(_ value: String) {
        self.value = value
    }

    /// The password itself.
    ///
    /// To be handed to the server's client and to nobody else.
    func reveal() -> String { value }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    var description: String { "**redacted**" }
    var debugDescription: String { description }
    /// Without this, `dump` would print the stored value.
    var customMirror: Mirror { Mirror(self, children: []) }
}
