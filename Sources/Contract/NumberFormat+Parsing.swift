extension NumberFormat {
    /// Reads the `format` of a `number-format`: `0.00` (fixed decimals), `00000` (padded),
    /// `#,##0.0` (grouped by thousands), at most 38 digits before and after the point.
    ///
    /// - Throws: `SyntaxRefusal` for anything else.
    public static func parse(_ text: String) throws(SyntaxRefusal) -> NumberFormat {
        let grouped = "#,##0"
        let isGrouped = text.hasPrefix(grouped)
        let pieces = (isGrouped ? "0" + text.dropFirst(grouped.count) : text)
            .split(separator: ".", omittingEmptySubsequences: false)
        let digitsMax = ContractLimits.numberDigitsMax
        let isRight = pieces.allSatisfy { piece in
            !piece.isEmpty && piece.utf8.count <= digitsMax
                && piece.utf8.allSatisfy { $0 == UInt8(ascii: "0") }
        }
        guard isRight, pieces.count <= 2, let whole = pieces.first,
            !isGrouped || whole.utf8.count == 1
        else {
            throw SyntaxRefusal(
                "\(Quoted.text(text)) is no number format",
                hint: "write 0, 0.00 (decimals), 00000 (padded) or #,##0.0 (grouped)"
            )
        }
        return NumberFormat(
            minimumIntegerDigits: whole.utf8.count,
            decimals: pieces.count == 2 ? pieces[1].utf8.count : 0,
            isGrouped: isGrouped
        )
    }
}
