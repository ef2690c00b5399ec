-- Member 3 has no profile. The second construction reads the row itself.
CREATE TABLE members (id INT PRIMARY KEY, first_name VARCHAR(30), last_name VARCHAR(30));
CREATE TABLE profiles (
    member_id INT PRIMARY KEY,
    name      VARCHAR(50),
    level     DECIMAL(38,10),
    ratio     FLOAT,
    weight    DOUBLE,
    serial    BIGINT UNSIGNED,
    active    TINYINT(1),
    photo     VARBINARY(100),
    notes     JSON,
    started   TIMESTAMP(2) NULL,
    roles     SET('reader', 'writer', 'owner')
);
INSERT INTO members VALUES (1, 'Ada', 'Lovelace'), (2, '', NULL), (3, NULL, NULL);
INSERT INTO profiles VALUES
    (1, 'tab\tline\nend', 9999999999999999999999999999.9999999999, 0.1, 1e100, 18446744073709551615,
     1, REPEAT(X'00FF10', 30), '{"deep": {"list": [1.5, "é", false, null]}}', '2024-02-29 23:59:59.50', 'reader,owner'),
    (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
