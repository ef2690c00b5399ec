-- The store: the source database of store.json, for MySQL 8.0 and later and MariaDB 10.6 and later.
--
-- An ordinary schema, with the habits of one that has grown: nullable columns, a composite primary
-- key, several date types, JSON and SET columns, and a category tree. An address is not unique by
-- the schema, only by the application's good will: `scripts/seed --duplicates` breaks it.
--
-- scripts/seed creates these tables and fills them to any size.

CREATE TABLE users (
    id            BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    email         VARCHAR(254) NOT NULL,
    username      VARCHAR(64),
    password_hash VARCHAR(100),
    first_name    VARCHAR(100),
    last_name     VARCHAR(100),
    is_seller     TINYINT(1) NOT NULL DEFAULT 0,
    interests     SET('books', 'music', 'games', 'garden', 'travel'),
    credit        DECIMAL(38,10),
    birthday      DATE,
    avatar        VARBINARY(64),
    profile       JSON,
    preferences   JSON,
    created_at    DATETIME NOT NULL,
    updated_at    DATETIME(6) NOT NULL,
    PRIMARY KEY (id),
    KEY users_email (email),
    KEY users_username (username)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE categories (
    id         INT UNSIGNED NOT NULL AUTO_INCREMENT,
    parent_id  INT UNSIGNED,
    name       VARCHAR(100) NOT NULL,
    position   SMALLINT NOT NULL DEFAULT 0,
    created_at DATETIME(3),
    PRIMARY KEY (id),
    KEY categories_parent (parent_id),
    CONSTRAINT categories_parent FOREIGN KEY (parent_id) REFERENCES categories (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE products (
    id                 BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    seller_id          BIGINT UNSIGNED,
    category_id        INT UNSIGNED,
    name               VARCHAR(200) NOT NULL,
    description        MEDIUMTEXT,
    price              DECIMAL(30,10),
    inventory_quantity INT,
    weight             DOUBLE,
    image_url          VARCHAR(2048),
    details            JSON,
    created_at         TIMESTAMP NULL,
    updated_at         DATETIME(3),
    PRIMARY KEY (id),
    KEY products_seller (seller_id),
    KEY products_category (category_id),
    CONSTRAINT products_seller FOREIGN KEY (seller_id) REFERENCES users (id),
    CONSTRAINT products_category FOREIGN KEY (category_id) REFERENCES categories (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE shopping_carts (
    user_id    BIGINT UNSIGNED NOT NULL,
    product_id BIGINT UNSIGNED NOT NULL,
    quantity   INT,
    created_at DATETIME,
    updated_at DATETIME NOT NULL,
    PRIMARY KEY (user_id, product_id),
    KEY shopping_carts_product (product_id),
    CONSTRAINT shopping_carts_user FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT shopping_carts_product FOREIGN KEY (product_id) REFERENCES products (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE orders (
    id           BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    user_id      BIGINT UNSIGNED NOT NULL,
    status       VARCHAR(20),
    total_amount DECIMAL(38,10),
    note         TEXT,
    created_at   TIMESTAMP NOT NULL DEFAULT '2000-01-01 00:00:00',
    updated_at   DATETIME NOT NULL,
    PRIMARY KEY (id),
    KEY orders_user (user_id),
    CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE order_items (
    id            BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    order_id      BIGINT UNSIGNED NOT NULL,
    product_id    BIGINT UNSIGNED,
    quantity      INT,
    price_at_time DECIMAL(30,10),
    gift_note     VARCHAR(200),
    PRIMARY KEY (id),
    KEY order_items_order (order_id),
    KEY order_items_product (product_id),
    CONSTRAINT order_items_order FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT order_items_product FOREIGN KEY (product_id) REFERENCES products (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
