-- No primary key; the collation holds 'a' and 'A' for equal, DynamoDB does not.
CREATE TABLE readings (
    source   VARCHAR(20) NOT NULL,
    sequence INT NOT NULL,
    body     VARCHAR(20),
    KEY (source, sequence)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
INSERT INTO readings VALUES ('a', 1, 'x'), ('A', 1, 'y'), ('a ', 1, 'z'), ('b', -5, NULL), ('Ä', 1, 'w'), ('b', 7, '');
