CREATE TABLE notes (id INT PRIMARY KEY, written VARCHAR(30));
INSERT INTO notes VALUES (1, '2024-02-29'), (2, 'yesterday'), (3, '2023-02-29'), (4, '0000-00-00'), (5, ''), (6, NULL), (7, '2024-05-00');
