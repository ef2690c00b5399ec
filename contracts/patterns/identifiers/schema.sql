CREATE TABLE `group` (`key` INT PRIMARY KEY, `select` VARCHAR(20));
CREATE TABLE `order` (`key` INT, `rank` INT, `from` VARCHAR(20), `größe` INT, `group` INT, PRIMARY KEY (`key`));
CREATE TABLE `values` (`key` INT PRIMARY KEY, `order` INT, `value` INT, KEY (`order`));
INSERT INTO `group` VALUES (1, 'where');
INSERT INTO `order` VALUES (1, 2, 'here', 3, 1), (2, 1, NULL, NULL, NULL);
INSERT INTO `values` VALUES (1, 1, 10), (2, 1, 20);
