-- Product 2 has a price in another region only.
CREATE TABLE prices (
    product_id INT NOT NULL,
    region     CHAR(2) NOT NULL,
    price      DECIMAL(10,2),
    PRIMARY KEY (product_id, region)
);
CREATE TABLE stock (
    product_id INT NOT NULL,
    region     CHAR(2) NOT NULL,
    pieces     INT,
    PRIMARY KEY (product_id, region)
);
INSERT INTO prices VALUES (1, 'EU', 10.50), (1, 'US', 12.00), (2, 'US', 3.25);
INSERT INTO stock VALUES (1, 'EU', 5), (1, 'US', 0), (2, 'EU', 7);
