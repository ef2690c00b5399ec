CREATE TABLE queues (id INT PRIMARY KEY, name VARCHAR(20), zone VARCHAR(20));
INSERT INTO queues VALUES (1, 'mail', 'a'), (2, 'push', 'b');
