-- A NULL part leaves no separator behind, an empty one does.
CREATE TABLE people (
    id          INT PRIMARY KEY,
    first_name  VARCHAR(30),
    middle_name VARCHAR(30),
    last_name   VARCHAR(30),
    city        VARCHAR(30)
);
INSERT INTO people VALUES (1, 'Ada', 'King', 'lovelace', 'London'), (2, 'Élise', NULL, 'o''Neill', NULL), (3, '', '', 'x', ''), (4, NULL, NULL, NULL, NULL);
