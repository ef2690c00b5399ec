CREATE TABLE articles (id INT PRIMARY KEY, tags SET('new', 'hot', 'old'), labels JSON, sizes JSON, hashes JSON);
INSERT INTO articles VALUES
    (1, 'hot,new', '["é", "b", ""]', '[1.50, -2, 1e3, 18446744073709551615]', '["AP8=", "AQ=="]'),
    (2, '', '[]', '[]', '[]'),
    (3, NULL, NULL, NULL, NULL);
