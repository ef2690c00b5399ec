/// A value of one column.
enum SQLValue: Sendable, Equatable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])

    static func integer(_ number: Int) -> SQLValue { .integer(Int64(number)) }

    /// 64 bits, whatever they mean: SQLite's integers are signed.
    static func bits(_ number: UInt64) -> SQLValue { .integer(Int64(bitPattern: number)) }

    /// A number as SQLite gives it back: it makes NaN a NULL and loses the sign of zero.
    static func number(_ number: Double) -> SQLValue {
        .real(number.isFinite && number != 0 ? number : 0)
    }
}

/// The checksum of a row, computed here and not by SQLite: it finds bits that changed on the disk
/// where the file's structure is still sound.
///
/// FNV-1a of 64 bits over the table's name and each value with its type and length, mixed at the
/// end. Every step is a bijection, so a change of up to eight bits within one byte is always found.
/// It lies in the file: it never changes without a migration.
/// http://www.isthe.com/chongo/tech/comp/fnv/
enum Seal {
    static func of(table: String, _ values: some Sequence<SQLValue>) -> UInt64 {
        var hash = Hash()
        hash.add(bytes: table.utf8)
        for value in values {
            switch value {
            case .null: hash.add(0)
            case .integer(let number):
                hash.add(1)
                hash.add(word: UInt64(bitPattern: number))
            case .real(let number):
                hash.add(2)
                hash.add(word: number.bitPattern)
            case .text(let text):
                hash.add(3)
                hash.add(bytes: text.utf8)
            case .blob(let bytes):
                hash.add(4)
                hash.add(bytes: bytes)
            }
        }
        return hash.finished
    }

    private struct Hash {
        private var state: UInt64 = 0xCBF2_9CE4_8422_2325

        mutating func add(_ byte: UInt8) {
            state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
        }

        mutating func add(word: UInt64) {
            for shift in stride(from: 0, to: 64, by: 8) {
                add(UInt8(truncatingIfNeeded: word >> shift))
            }
        }

        mutating func add(bytes: some Collection<UInt8>) {
            add(word: UInt64(bytes.count))
            for byte in bytes { add(byte) }
        }

        var finished: UInt64 {
            var mixed = state
            mixed = (mixed ^ (mixed >> 33)) &* 0xFF51_AFD7_ED55_8CCD
            mixed = (mixed ^ (mixed >> 33)) &* 0xC4CE_B9FE_1A85_EC53
            return mixed ^ (mixed >> 33)
        }
    }
}
