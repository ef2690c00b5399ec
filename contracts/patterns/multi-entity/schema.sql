CREATE TABLE accounts (id INT PRIMARY KEY, owner VARCHAR(30), cents BIGINT);
CREATE TABLE transfers (id INT PRIMARY KEY, account_id INT, cents BIGINT);
CREATE TABLE banks (code CHAR(4) PRIMARY KEY, name VARCHAR(30));
INSERT INTO accounts VALUES (1, 'ada', 1050), (2, NULL, NULL);
INSERT INTO transfers VALUES (1, 1, -50), (2, 2, 70);
INSERT INTO banks VALUES ('INGB', 'ING');
