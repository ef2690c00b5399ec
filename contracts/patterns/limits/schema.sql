-- Rows 1 and 2 pass; the others are, in this order, too long a key, too deep, too large, too many
-- digits, no number, too large a number.
CREATE TABLE documents (id INT PRIMARY KEY, path VARCHAR(2100), tree TEXT, amount VARCHAR(60), body LONGTEXT);
INSERT INTO documents VALUES
    (1, REPEAT('k', 2048), NULL, '0.000000000012345678901234567890123456789012345678', NULL),
    (2, 'two', '{"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": 1}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}', '9.9999999999999999999999999999999999999e125', NULL),
    (3, REPEAT('k', 2049), NULL, NULL, NULL),
    (4, 'four', '{"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": 1}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}', NULL, NULL),
    (5, 'five', NULL, NULL, REPEAT('x', 409600)),
    (6, 'six', NULL, '123456789012345678901234567890123456789', NULL),
    (7, 'seven', NULL, '12abc', NULL),
    (8, 'eight', NULL, '1e126', NULL);
