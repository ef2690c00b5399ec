-- Team 3 has no players; the NULL fee is counted as a row, not as a fee.
CREATE TABLE teams (id INT PRIMARY KEY, parent_id INT);
CREATE TABLE players (
    id        INT PRIMARY KEY,
    team_id   INT,
    name      VARCHAR(30),
    points    INT,
    fee       DECIMAL(30,10),
    joined_on DATE,
    KEY (team_id)
);
CREATE TABLE games (id INT PRIMARY KEY, team_id INT, KEY (team_id));
INSERT INTO teams VALUES (1, NULL), (2, 1), (3, 1);
INSERT INTO players VALUES
    (1, 1, 'Ann', 1, 10.0000000001, '2024-02-29'),
    (2, 1, 'Bea', 2, NULL, '2020-01-01'),
    (3, 1, 'Cat', 6, 12345678901234567890.5, NULL),
    (4, 2, 'Dot', 0, -0.5, '1999-12-31');
INSERT INTO games VALUES (1, 1), (2, 1), (3, 1), (4, 3);
