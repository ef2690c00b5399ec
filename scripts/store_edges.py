"""The rows with small ids of the store: everything that a migration may stumble over.

Each table lists `id: {column: value}`; the values replace those that the seeder made. Rows 1 to 16
of the users, 1 to 14 of the orders, 1 to 14 of the products and 1 to 20 of the categories belong
to this file; no other row refers to these users. JSON is written as MySQL prints it, so that both
servers hold the same bytes.
"""

CONTROLS = "".join(map(chr, range(1, 32))) + "\x7f\x85\u2028\u2029\ufeff"
QUOTES = (
    """it's "quoted" `back` \\ \\\\ \\n \\u0041 %s %% {id} ${x}; """
    "DROP TABLE users; -- /* */ <b>&amp;"
)
EMOJI = "👩‍👩‍👧‍👦 🇳🇱 \U0001F600\u0301 \U0010FFFF"
RIGHT_TO_LEFT = "שלום \u202eمرحبا بالعالم\u202c"
BREAKS = " \t tab \n line \r\n feed \r "
DECIMAL_38_10 = "9999999999999999999999999999.9999999999"
DECIMAL_30_10 = "99999999999999999999.9999999999"

BIG_NUMBERS = (
    '{"big": 18446744073709551615, "low": -9223372036854775808, "half": 0.5, "tiny": 1e-100,'
    ' "vast": 1e100, "nested": {"a": [1, [2, [3, {"b": null, "c": true, "d": {}}]]]}}'
)
ESCAPES = (
    r'{"slash": "a/b \\ c", "breaks": "1\n2\t3\r4\b5\f6", '
    r'"quoted": "\"q\"", "control": "\u0001\u001f"}'
)
DEEP = '{"d": ' * 20 + "1" + "}" * 20

USERS = {
    1: dict(username=None, password_hash=None, first_name=None, last_name=None, interests=None,
            credit=None, birthday=None, avatar=None, profile=None, preferences=None),
    2: dict(username="", password_hash="", first_name="", last_name="", interests="",
            credit="0", avatar=b"", profile="{}", preferences="{}"),
    3: dict(email="""o'brien+"q"\\@example.com""", username=QUOTES[:64], first_name=QUOTES,
            last_name="%", profile='{"bio": "it\'s \\"quoted\\" \\\\"}', preferences=ESCAPES),
    4: dict(email="😀@example.com", username="🦊_4", first_name=EMOJI, last_name="ﬁ\u0308é",
            profile='{"👍": "🇳🇱"}', preferences='{"é": "é", "😀": ["😀", ""]}'),
    5: dict(username=CONTROLS, first_name=CONTROLS, last_name=BREAKS, preferences=ESCAPES),
    6: dict(username=RIGHT_TO_LEFT, first_name=RIGHT_TO_LEFT, last_name="مرحبا"),
    7: dict(credit=DECIMAL_38_10, interests="books,music,games,garden,travel",
            preferences=BIG_NUMBERS, profile=BIG_NUMBERS),
    8: dict(credit="-" + DECIMAL_38_10, preferences=DEEP, profile='[1, "two", null, [], {}]'),
    9: dict(email="Case@Example.com", credit="0.0000000001"),
    10: dict(email="case@example.com", credit="-0.0000000001"),
    11: dict(email="space@example.com ", first_name=" ", last_name="  trailing  "),
    12: dict(email="space@example.com", first_name="NULL", last_name="null"),
    13: dict(email="😀" * 242 + "@example.com", username="x" * 64, avatar=bytes(range(64))),
    14: dict(first_name="0", last_name="1e5", avatar=b"\x00"),
    15: dict(birthday="1000-01-01", created_at="1000-01-01 00:00:00",
             updated_at="1969-12-31 23:59:59.000000"),
    16: dict(birthday="9999-12-31", created_at="9999-11-30 23:59:59",
             updated_at="9999-12-31 23:59:59.999999"),
}

CATEGORIES = {
    **{i: dict(parent_id=i - 1 if i > 1 else None, name=f"Depth {i}") for i in range(1, 9)},
    9: dict(parent_id=None, name=QUOTES[:100]),
    10: dict(parent_id=None, name="Emoji " + EMOJI),
    11: dict(parent_id=10, name=RIGHT_TO_LEFT),
    12: dict(parent_id=10, name="Controls " + CONTROLS + BREAKS),
    13: dict(parent_id=None, name="Never dated", created_at=None, position=-32768),
    14: dict(parent_id=None, name="ROOT", position=32767),
    15: dict(parent_id=14, name="Child of ROOT"),
    16: dict(parent_id=None, name="Twins"),
    17: dict(parent_id=None, name="twins"),
    18: dict(parent_id=16, name="Shared name"),
    19: dict(parent_id=17, name="Shared name"),
    20: dict(parent_id=None, name="🧺" * 100),
}

PRODUCTS = {
    1: dict(seller_id=None, category_id=None, description=None, price=None,
            inventory_quantity=None, weight=None, image_url=None, details=None, created_at=None,
            updated_at=None),
    2: dict(name="", description="", price="0", inventory_quantity=0, weight=0.0, image_url="",
            details="{}"),
    3: dict(name=QUOTES[:200], description=QUOTES * 20, image_url="https://x.example/?a=1&b='\"\\"),
    4: dict(name=EMOJI, description=EMOJI * 50, category_id=10),
    5: dict(name=CONTROLS, description="\0" + CONTROLS + BREAKS, details=ESCAPES, category_id=12),
    6: dict(name=RIGHT_TO_LEFT, description=RIGHT_TO_LEFT, category_id=11),
    7: dict(price=DECIMAL_30_10, inventory_quantity=2147483647, weight=1e100, details=BIG_NUMBERS),
    8: dict(price="-" + DECIMAL_30_10, inventory_quantity=-2147483648, weight=-1e-100),
    9: dict(description="".join(f"Line {i}: sixty kilobytes of prose.\n" for i in range(1700))),
    10: dict(category_id=None, price="0.0000000001", weight=0.1),
    11: dict(category_id=8, price="-0.0000000001", weight=123456789.12345679),
    12: dict(category_id=18, price="1.005", weight=5e-324 * 2**1000),
    13: dict(category_id=19, price="999999.995", weight=-0.5, seller_id=3),
    14: dict(category_id=20, price="-1234567.895", created_at="1970-01-01 00:00:01",
             updated_at="1969-12-31 23:59:59.999"),
}

# The user's address and the creation time are part of an order's key.
ORDERS = {
    1: dict(user_id=1, status=None, total_amount=None, note=None),
    2: dict(user_id=3, status="", total_amount="0", note=""),
    3: dict(user_id=3, note=QUOTES),
    4: dict(user_id=4, note=EMOJI),
    5: dict(user_id=7, total_amount=DECIMAL_38_10),
    6: dict(user_id=8, total_amount="-" + DECIMAL_38_10),
    7: dict(user_id=9, total_amount="0.005"),
    8: dict(user_id=10, total_amount="-0.005"),
    9: dict(user_id=11, total_amount="1000000.125", created_at="2024-02-29 23:59:59"),
    10: dict(user_id=12, note=" ", created_at="2024-02-29 23:59:59"),
    11: dict(user_id=13, note=RIGHT_TO_LEFT),
    12: dict(user_id=5, note="\0" + CONTROLS + BREAKS),
    13: dict(user_id=15, created_at="1970-01-01 00:00:01"),
    14: dict(user_id=16, created_at="2038-01-19 03:14:07"),
}

# (order, product, quantity, price, gift note); orders 1 and 2 have none.
ORDER_ITEMS = [
    (3, None, None, None, None),
    (3, 2, 0, "0", ""),
    (3, 3, -1, "-0.0000000001", QUOTES),
    *[(4, 1 + i % 20, i, f"{i}.{i:03}", f"№ {i} 🎁") for i in range(120)],
    (5, 7, 2147483647, DECIMAL_30_10, None),
    (6, 8, -2147483648, "-" + DECIMAL_30_10, None),
    (7, 9, 1, "12.5", " "),
    (12, 5, 1, "1", CONTROLS + BREAKS),
    (13, 6, 1, "1.10", RIGHT_TO_LEFT),
    (14, 4, 1, "1E+3", EMOJI),
]

# (user, product, quantity, created, updated); user 2 has an empty cart.
CARTS = [
    (1, 1, None, None, "2024-01-01 00:00:00"),
    (3, 2, 0, "2024-02-29 00:00:00", "2024-02-29 12:00:00"),
    (3, 3, -1, "2024-02-29 00:00:00", "2024-02-29 12:00:00"),
    (4, 4, 1, "1000-01-01 00:00:00", "1000-01-01 00:00:00"),
    (5, 5, 1, "2024-01-01 00:00:00", "2024-01-01 00:00:01"),
    (6, 6, 1, "2024-01-01 00:00:00", "2024-01-01 00:00:01"),
    (7, 7, 2147483647, "2024-01-01 00:00:00", "2024-01-01 00:00:01"),
    (9, 8, -2147483648, "2024-01-01 00:00:00", "2024-01-01 00:00:01"),
    (10, 9, 1, "2024-01-01 00:00:00", "2024-01-01 00:00:01"),
    (11, 10, 1, "2024-01-01 00:00:00", "2024-01-01 00:00:01"),
    (12, 11, 1, "2024-01-01 00:00:00", "2024-01-01 00:00:01"),
    (13, 12, 1, "2024-01-01 00:00:00", "9999-09-30 23:59:59"),
    *[(14, i, i, "2024-01-01 00:00:00", "2024-01-01 00:00:01") for i in range(1, 21)],
]
