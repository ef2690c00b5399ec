-- Parcel 2 is empty; line 3 is NULL wherever it can be. Parcel 4 is about order: NULL is the lowest
-- value, below negative numbers and empty text.
CREATE TABLE parcels (id INT PRIMARY KEY);
CREATE TABLE parcel_lines (
    id        INT PRIMARY KEY,
    parcel_id INT,
    sku       VARCHAR(50),
    pieces    INT,
    price     DECIMAL(20,4),
    packed_at DATETIME(3),
    due_on    DATE,
    extra     JSON,
    KEY (parcel_id)
);
INSERT INTO parcels VALUES (1), (2), (3), (4);
INSERT INTO parcel_lines VALUES
    (7, 1, 'a "quoted" \\ 🎁', 2, 12.5000, '2024-02-29 23:59:59.120', '2024-03-01', '{"a": [1, null]}'),
    (2, 1, '', 1, 9999999999999999.9999, '2024-02-29 00:00:00.000', '1000-01-01', '"text"'),
    (3, 1, NULL, NULL, NULL, NULL, NULL, NULL),
    (9, 3, 'nine', -1, 12.5000, NULL, NULL, 'true');
INSERT INTO parcel_lines (id, parcel_id, sku, pieces, price) VALUES
    (20, 4, NULL, -1, 0.0000), (21, 4, '', 1, NULL), (22, 4, 'a', 1, -1.5000), (23, 4, NULL, -2, 5.0000),
    (24, 4, NULL, NULL, NULL);
