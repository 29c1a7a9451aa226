import type { SourceMapping } from './destination.ts'
import { postgresJdbcSource } from './postgres.ts'

/** `SourceJDBCParameters`: the database is the one that the URL names. */
export const jdbcSource: SourceMapping = members => {
  const [, system = '', rest = ''] = /^jdbc:([a-z]+):(\/\/.*)$/.exec(members.required('JdbcUrl')) ?? []
  if (system !== 'postgresql' || !URL.canParse(`sql:${rest}`)) {
    throw members.ineffective('JdbcUrl is such as jdbc:postgresql://host:5432/database')
  }
  return postgresJdbcSource(members, new URL(`sql:${rest}`))
}
