-- SQLite cannot take a check away from a table: a table without it takes its place.
CREATE TABLE wider (
  id TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  phone TEXT,
  country TEXT NOT NULL REFERENCES example_countries,
  credit REAL NOT NULL CONSTRAINT credit_positive CHECK (credit >= 0),
  born TEXT CONSTRAINT born_is_a_day CHECK (date(born) = born)
) STRICT;
INSERT INTO wider SELECT * FROM example_customers;
DROP TABLE example_customers;
ALTER TABLE wider RENAME TO example_customers;
INSERT INTO example_countries VALUES ('NZ');
