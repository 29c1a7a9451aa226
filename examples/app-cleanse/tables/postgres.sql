CREATE TABLE example_countries (code char(2) PRIMARY KEY);
INSERT INTO example_countries VALUES ('CN'), ('DE'), ('GB');
CREATE TABLE example_customers (
  id text PRIMARY KEY,
  name varchar(40) NOT NULL,
  email text NOT NULL,
  phone text,
  country char(2) NOT NULL REFERENCES example_countries,
  credit numeric(12, 2) NOT NULL CHECK (credit >= 0),
  born date
);
