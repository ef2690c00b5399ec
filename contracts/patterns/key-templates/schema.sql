-- Note 3 has no tenant, so no key. {written} is the attribute, {id} the column.
CREATE TABLE tenants (id INT PRIMARY KEY, name VARCHAR(30));
CREATE TABLE notes (id INT PRIMARY KEY, tenant_id INT, written_at DATETIME, written VARCHAR(10), body VARCHAR(50));
INSERT INTO tenants VALUES (1, 'One'), (2, NULL);
INSERT INTO notes VALUES
    (1, 1, '2024-02-29 23:59:59', 'column', 'first'),
    (2, 2, '2024-03-01 00:00:00', NULL, ''),
    (3, NULL, '2024-03-01 00:00:00', NULL, 'nobody''s');
