-- department_id has a foreign key, room_id has none, deputy_of has none and means an employee.
CREATE TABLE departments (
    id   INT PRIMARY KEY,
    name VARCHAR(30)
);
CREATE TABLE rooms (
    id   INT PRIMARY KEY,
    name VARCHAR(30)
);
CREATE TABLE employees (
    id            INT PRIMARY KEY,
    name          VARCHAR(30),
    manager_id    INT,
    department_id INT,
    room_id       INT,
    deputy_of     INT,
    FOREIGN KEY (manager_id) REFERENCES employees (id),
    FOREIGN KEY (department_id) REFERENCES departments (id)
);
INSERT INTO departments VALUES (1, 'Ships'), (2, 'Stars');
INSERT INTO rooms VALUES (1, 'Bridge');
INSERT INTO employees VALUES (1, 'Ada', NULL, 2, 1, NULL), (2, 'Bo', 1, 1, NULL, 1), (3, 'Cy', 2, NULL, 9, 2);
