CREATE TABLE accounts (id INT PRIMARY KEY, balance DECIMAL(10,2), country CHAR(2));
INSERT INTO accounts VALUES (1, 1000.00, 'NL'), (2, 999.99, 'XX'), (3, 100.00, 'PT'), (4, -5.50, NULL), (5, NULL, 'NL');
