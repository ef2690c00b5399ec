-- Book 3 has no author, book 4 one that is not there, author 2 no name.
CREATE TABLE authors (
    id      INT PRIMARY KEY,
    name    VARCHAR(50),
    country CHAR(2),
    royalty DECIMAL(6,4)
);
CREATE TABLE books (
    id        INT PRIMARY KEY,
    author_id INT,
    title     VARCHAR(100)
);
INSERT INTO authors VALUES (1, 'Ursula', 'us', 0.1250), (2, NULL, 'fr', 0.0500);
INSERT INTO books VALUES (1, 1, 'Tehanu'), (2, 2, 'Untitled'), (3, NULL, 'Folk Tales'), (4, 99, 'Lost');
