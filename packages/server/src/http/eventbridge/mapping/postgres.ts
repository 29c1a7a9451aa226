import type { SourceSpec } from '../../../resources/index.ts'
import { given, type SourceMapping } from './destination.ts'
import type { Members } from './members.ts'

/** `SourcePostgreSQLParameters`: changes of tables, by a slot and a publication that are made for the stream. */
export const postgresSource: SourceMapping = members => ({
  connector: 'postgres',
  options: given({
    host: members.required('HostName'),
    port: numberOf(members, 'Port'),
    database: members.required('DatabaseName'),
    username: members.constant('User'),
    password: members.constant('Password'),
    mode: 'changes',
    create: true,
    tables: tablesOf(members),
    snapshot: snapshotOf(members),
    schemaChanges: members.flag('IncludeSchemaChanges'),
  }),
})

/** Names separated by commas, each with the schema, or the database, or nothing before it. */
function tablesOf(members: Members): string[] {
  const database = members.constant('DatabaseName')
  const schema = members.constant('SchemaName') || 'public'
  return members
    .required('TableNames')
    .split(',')
    .map(text => {
      const parts = text.trim().split('.')
      if (parts.length > 1 && parts[0] === database && parts[0] !== schema) parts.shift()
      return parts.length === 1 ? `${schema}.${parts[0]}` : parts.join('.')
    })
}

/** Words of the connector that the protocol's own is made from; some of them have a place in ours. */
const snapshotWords = ['initial', 'always', 'never', 'no_data', 'schema_only', 'none'] as const

function snapshotOf(members: Members): 'initial' | 'none' | undefined {
  const word = members.word('SnapshotMode', snapshotWords)
  if (word === 'always') throw members.ineffective('a snapshot is taken once, before the first change')
  if (word === undefined) return undefined
  return word === 'initial' ? 'initial' : 'none'
}

/**
 * `SourceJDBCParameters` whose URL is one of PostgreSQL: rows of a table in the order of a growing column, polled. Changes of
 * rows are not seen, so that a column of times is of no use.
 */
export function postgresJdbcSource(members: Members, url: URL): SourceSpec {
  if (members.constant('CustomQuery') !== '') {
    throw members.ineffective('CustomQuery is not offered; TableName may be a view')
  }
  const [table = '', schema] = members.required('TableName').split('.').toReversed()
  return {
    connector: 'postgres',
    options: given({
      host: url.hostname,
      port: url.port === '' ? undefined : Number(url.port),
      database: decodeURIComponent(url.pathname.slice(1)),
      username: members.constant('Username'),
      password: members.constant('Password'),
      mode: 'outbox',
      schema,
      table,
      idColumn: members.required('IncrementingColumn'),
      payloadColumn: '*',
      prefetch: numberOf(members, 'BatchSize'),
      pollIntervalMs: numberOf(members, 'PollingInterval'),
    }),
  }
}

function numberOf(members: Members, key: string): number | undefined {
  const text = members.constant(key)
  if (text === '') return undefined
  if (!/^\d{1,9}$/.test(text)) throw members.ineffective(`${key} is a whole number`)
  return Number(text)
}
