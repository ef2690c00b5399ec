-- Purchase 2 has no status, so that it is in the table and not in the index.
CREATE TABLE purchases (id INT PRIMARY KEY, customer_id INT, product_id INT, status VARCHAR(10), ordered_at DATETIME);
INSERT INTO purchases VALUES (1, 7, 3, 'paid', '2024-02-29 23:59:59'), (2, 7, 4, NULL, '2024-03-01 00:00:00');
