-- text_options is text, which no server touches: its numbers have more digits than a double.
-- Row 3 is a list where a map is asked for, row 4 has an empty member name deep inside, row 5 is cut
-- off, row 6 has 39 digits.
CREATE TABLE settings (
    id           INT PRIMARY KEY,
    options      JSON,
    history      JSON,
    text_options TEXT,
    labels       JSON
);
INSERT INTO settings VALUES
    (1, '{"a": [1, -0.5, true, false, null, "x", {"deep": {}}], "é 🎁": "\\u00e9 \\ud83c\\udf81 \\" \\\\ \\/ \\n"}', '[[], {}, "", 18446744073709551615]',
     ' { "exact" : 12345678901234567890.123456789 , "small":1e-100,"zeros":[1.50,0.0,-0,100] } ', '["b", "a"]'),
    (2, NULL, '[]', '{}', '[]'),
    (3, '[1]', NULL, NULL, NULL),
    (4, NULL, '[{"a": {"": 1}}]', NULL, NULL),
    (5, NULL, NULL, '{"a": ', NULL),
    (6, NULL, NULL, '{"a": 123456789012345678901234567890123456789}', NULL);
