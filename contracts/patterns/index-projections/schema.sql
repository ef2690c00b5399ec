CREATE TABLE files (path VARCHAR(100) PRIMARY KEY, owner VARCHAR(30), size BIGINT, checksum VARBINARY(16), mime VARCHAR(30));
INSERT INTO files VALUES
    ('/a', 'ada', 9223372036854775807, X'00FF', 'text/plain'),
    ('/b', '', 0, X'', ''),
    ('/c', NULL, NULL, NULL, NULL);
