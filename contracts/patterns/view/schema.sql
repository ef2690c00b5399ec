-- The view computes; it filters too: the reading without a sensor is not in it.
CREATE TABLE readings (id INT PRIMARY KEY, sensor_id INT, taken_at DATETIME(3), kelvin DECIMAL(10,4), raw JSON, payload BLOB);
INSERT INTO readings VALUES
    (1, 5, '2024-02-29 23:59:59.120', 273.1500, '{"v": 1}', X'0102'),
    (2, 5, '2024-03-01 00:00:00.000', NULL, NULL, NULL),
    (3, NULL, '2024-03-01 00:00:00.000', 1.0000, NULL, NULL);
CREATE VIEW readings_for_dynamodb AS
    SELECT CONCAT('SENSOR#', sensor_id) AS sensor,
           DATE_FORMAT(taken_at, '%Y-%m-%dT%H:%i:%sZ') AS at,
           kelvin - 273.1500 AS celsius,
           raw AS raw,
           '["b", "a"]' AS tags,
           payload AS bytes
    FROM readings
    WHERE sensor_id IS NOT NULL;
