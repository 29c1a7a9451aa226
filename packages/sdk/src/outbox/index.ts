/** Events in the transactions that they tell of. It needs no driver: it writes by the connection that it is given. */
export type { MysqlConnection, PostgresConnection } from './connection.ts'
export {
  mysqlOutbox,
  type Outbox,
  type OutboxOptions,
  type OutboxStreamOptions,
  postgresOutbox,
} from './outbox.ts'
