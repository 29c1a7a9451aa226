ALTER TABLE example_customers ALTER name TYPE text;
INSERT INTO example_countries VALUES ('NZ');
