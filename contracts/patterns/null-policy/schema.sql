-- Contact 3 has no address and is rejected; a NULL city is an index key, so it is absent.
CREATE TABLE contacts (id INT PRIMARY KEY, email VARCHAR(50), phone VARCHAR(20), age INT, nickname VARCHAR(20), city VARCHAR(20));
INSERT INTO contacts VALUES (1, 'a@example.com', '1', 30, 'A', 'Porto'), (2, 'b@example.com', NULL, NULL, NULL, NULL), (3, NULL, '3', 3, 'C', 'Rome');
