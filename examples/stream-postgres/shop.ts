import { useService } from '@millrace/services'

// Makes the tables of the example, or does to the orders what its argument says.
const statements: Readonly<Record<string, string>> = {
  make: `CREATE TABLE IF NOT EXISTS example_orders (id int PRIMARY KEY, customer text, total numeric);
    CREATE TABLE IF NOT EXISTS example_orders_copy (LIKE example_orders INCLUDING ALL);
    INSERT INTO example_orders VALUES (1, 'Ann', 10.50), (2, 'Bao', 7) ON CONFLICT DO NOTHING`,
  buy: `INSERT INTO example_orders SELECT max(id) + 1, 'Chen', 99.90 FROM example_orders`,
  change: `UPDATE example_orders SET total = total + 1 WHERE id = 1`,
  cancel: `DELETE FROM example_orders WHERE id = 2`,
  show: `SELECT * FROM example_orders_copy ORDER BY id`,
}

const statement = statements[process.argv[2] ?? '']
if (statement === undefined) {
  console.error(`usage: shop.ts ${Object.keys(statements).join('|')}`)
  process.exit(2)
}
const postgres = await useService('postgres')
process.stdout.write(await postgres.query(statement))
process.exit()
