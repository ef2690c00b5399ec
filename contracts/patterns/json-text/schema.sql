-- Box 2 is empty: its list is an empty one, its object absent.
CREATE TABLE boxes (id INT PRIMARY KEY, first_id INT);
CREATE TABLE contents (
    id     INT PRIMARY KEY,
    box_id INT,
    sku    VARCHAR(50),
    price  DECIMAL(20,4),
    due_on DATE,
    pieces BIGINT,
    extra  JSON,
    seal   VARBINARY(8),
    KEY (box_id)
);
INSERT INTO boxes VALUES (1, 11), (2, NULL);
INSERT INTO contents VALUES
    (11, 1, 'a "b" \\ / é 🎁\t\n', 12.5000, '2024-02-29', -9223372036854775808, '{"a": [1, 2.5, null, true]}', X'FF00'),
    (12, 1, NULL, NULL, NULL, NULL, NULL, NULL),
    (13, 1, '', 0.0000, '1000-01-01', 0, '[]', X'');
