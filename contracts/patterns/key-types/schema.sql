CREATE TABLE chunks (hash VARBINARY(8) NOT NULL, position DECIMAL(20,10) NOT NULL, body VARCHAR(20), PRIMARY KEY (hash, position));
INSERT INTO chunks VALUES (X'00', 1.5, 'a'), (X'0000', -0.0000000001, 'b'), (X'FFFE', 100, 'c'), (X'', 1, 'no key');
