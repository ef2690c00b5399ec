-- Letter 3 has an empty sender and is rejected.
CREATE TABLE letters (id INT PRIMARY KEY, subject VARCHAR(20), body TEXT, seal BLOB, sender VARCHAR(20));
CREATE TABLE parcels (id INT PRIMARY KEY, subject VARCHAR(20), seal BLOB);
INSERT INTO letters VALUES (1, 'Hi', 'text', X'01', 'ada'), (2, '', '', X'', ' '), (3, 'x', 'x', X'02', ''), (4, NULL, NULL, NULL, NULL);
INSERT INTO parcels VALUES (1, '', X'');
