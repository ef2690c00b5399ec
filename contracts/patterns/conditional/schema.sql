-- Document 3's owner does not exist; NULL visibility is not 'public'.
CREATE TABLE accounts (
    id    INT PRIMARY KEY,
    email VARCHAR(50)
);
CREATE TABLE documents (
    id         INT PRIMARY KEY,
    title      VARCHAR(30),
    owner_id   INT,
    editor_id  INT,
    parent_id  INT,
    visibility VARCHAR(10)
);
INSERT INTO accounts VALUES (1, 'ada@example.com'), (2, NULL);
INSERT INTO documents VALUES
    (1, 'Plan', 1, NULL, NULL, 'public'),
    (2, 'Notes', 1, 1, 1, 'private'),
    (3, 'Draft', 9, 2, 2, NULL);
