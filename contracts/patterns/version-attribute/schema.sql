CREATE TABLE articles (slug VARCHAR(50) PRIMARY KEY, body TEXT, updated_at DATETIME(3) NOT NULL);
INSERT INTO articles VALUES ('a', 'One', '2024-02-29 23:59:59.120'), ('b', 'Two', '1970-01-01 00:00:00.000');
