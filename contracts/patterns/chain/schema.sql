-- Shop 2's city has no country, shop 3's country has no name, shop 4's continent is not there,
-- shop 5 has no city.
CREATE TABLE continents (id INT PRIMARY KEY, name VARCHAR(30));
CREATE TABLE countries (id INT PRIMARY KEY, continent_id INT, name VARCHAR(30));
CREATE TABLE cities (id INT PRIMARY KEY, country_id INT, name VARCHAR(30));
CREATE TABLE shops (id INT PRIMARY KEY, city_id INT);
INSERT INTO continents VALUES (1, 'Europe');
INSERT INTO countries VALUES (1, 1, 'Portugal'), (2, 1, NULL), (3, 9, 'Atlantis');
INSERT INTO cities VALUES (1, 1, 'Porto'), (2, NULL, 'Nowhere'), (3, 2, 'Somewhere'), (4, 3, 'Deep');
INSERT INTO shops VALUES (1, 1), (2, 2), (3, 3), (4, 4), (5, NULL);
