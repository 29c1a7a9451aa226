import { type Destination, given, type SinkMapping, type SourceMapping } from './destination.ts'
import type { Members } from './members.ts'

/** The target `acs.rds.mysql`: a database of an instance. */
export const rdsMysqlSink: SinkMapping = members =>
  statementSink(members, { connector: 'mysql', instance: members.required('InstanceId'), options: {} })

/** The target `mysql`: a server of one's own. */
export const mysqlSink: SinkMapping = members => {
  const address = members.required('ConnectionStringAndPort')
  const [, host, port] = /^([^:\s/]+)(?::(\d{1,5}))?$/.exec(address) ?? []
  if (host === undefined) throw members.ineffective('ConnectionStringAndPort is host:port')
  return statementSink(members, {
    connector: 'mysql',
    options: { host, ...(port === undefined ? {} : { port: Number(port) }) },
  })
}

/** Each event renders one statement, which is executed as it is (section 7.3). */
function statementSink(
  members: Members,
  sink: {
    readonly connector: 'mysql'
    readonly instance?: string
    readonly options: Record<string, unknown>
  },
): Destination {
  const statement = members.value('ExecuteSQL')
  if (statement === undefined) members.required('ExecuteSQL')
  return {
    sink: {
      ...sink,
      options: {
        ...sink.options,
        database: members.required('DBName'),
        username: members.required('AccountName'),
        password: members.required('AccountPassword'),
        mode: 'statement',
      },
    },
    ...(statement === undefined ? {} : { parameters: { statement } }),
  }
}

/** `SourceMySQLParameters`: changes of tables. */
export const mysqlSource: SourceMapping = members => {
  const snapshot = members.constant('SnapshotMode').toLowerCase()
  if (!withoutRows.has(snapshot)) {
    throw members.ineffective(
      `SnapshotMode is one of ${[...withoutRows].filter(Boolean).join(', ')}: rows that are there already are not read`,
    )
  }
  if (members.flag('IncludeSchemaChanges') === true) {
    throw members.ineffective('IncludeSchemaChanges can only be false')
  }
  const port = members.constant('Port')
  if (port !== '' && !/^\d{1,5}$/.test(port)) throw members.ineffective('Port is a number')
  const tables = members
    .constant('TableNames')
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '')
  return {
    connector: 'mysql',
    options: given({
      host: members.required('HostName'),
      port: port === '' ? undefined : Number(port),
      username: members.required('User'),
      password: members.constant('Password'),
      database: members.required('DatabaseName'),
      tables: tables.length === 0 ? undefined : tables,
    }),
  }
}

/** Words of `SnapshotMode` for a stream that begins with the changes that come. */
const withoutRows: ReadonlySet<string> = new Set(['', 'never', 'no_data', 'schema_only'])
