-- {amount} is the column of that name, not the attribute; {customer} is an attribute only.
CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR(30));
CREATE TABLE invoices (
    id          INT PRIMARY KEY,
    number      INT(6) ZEROFILL,
    year        YEAR,
    currency    CHAR(3),
    amount      DECIMAL(10,2),
    customer_id INT,
    issued_at   TIMESTAMP(3) NULL,
    rate        DOUBLE
);
INSERT INTO customers VALUES (1, 'Zoë "Z" & {co}');
INSERT INTO invoices VALUES
    (1, 42, 2024, 'EUR', 10.50, 1, '2024-02-29 23:59:59.120', 0.1),
    (2, 7, 1999, NULL, 0.00, NULL, '2024-01-01 00:00:00', 21),
    (3, NULL, 2000, 'USD', NULL, 1, NULL, 1e100);
