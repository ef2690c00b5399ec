-- The owner's collation is not the connection's.
CREATE TABLE accounts (
    id        INT PRIMARY KEY,
    owner     VARCHAR(30),
    cents     BIGINT,
    opened_on DATE
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
CREATE TABLE transfers (id INT PRIMARY KEY, account_id INT, cents BIGINT);
CREATE TABLE banks (code CHAR(4) PRIMARY KEY, name VARCHAR(30));
INSERT INTO accounts VALUES (1, 'ada', 1050, '2024-02-29'), (2, NULL, NULL, NULL);
INSERT INTO transfers VALUES (1, 1, -50), (2, 2, 70);
INSERT INTO banks VALUES ('INGB', 'ING');
