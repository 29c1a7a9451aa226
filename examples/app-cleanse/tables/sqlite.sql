CREATE TABLE example_countries (code TEXT PRIMARY KEY) STRICT;
INSERT INTO example_countries VALUES ('CN'), ('DE'), ('GB');
CREATE TABLE example_customers (
  id TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL CONSTRAINT name_length CHECK (length(name) <= 40),
  email TEXT NOT NULL,
  phone TEXT,
  country TEXT NOT NULL REFERENCES example_countries,
  credit REAL NOT NULL CONSTRAINT credit_positive CHECK (credit >= 0),
  born TEXT CONSTRAINT born_is_a_day CHECK (date(born) = born)
) STRICT;
