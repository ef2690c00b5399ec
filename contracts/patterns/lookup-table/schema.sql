-- The code 'o' stands twice: only the kind of the condition is meant.
CREATE TABLE codes (
    kind   VARCHAR(10) NOT NULL,
    code   CHAR(1) NOT NULL,
    label  VARCHAR(30),
    weight INT,
    PRIMARY KEY (kind, code)
);
CREATE TABLE tickets (
    id    VARCHAR(10) PRIMARY KEY,
    state CHAR(1)
);
INSERT INTO codes VALUES ('ticket', 'o', 'open', 7), ('ticket', 'c', 'closed', 1), ('order', 'o', 'ordered', 3);
INSERT INTO tickets VALUES ('T-1', 'o'), ('T-2', 'c'), ('T-3', 'x'), ('T-4', NULL);
