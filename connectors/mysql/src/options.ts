import { Secret, tlsOptions } from '@millrace/spi'
import { type Static, Type } from 'typebox'

const strict = { additionalProperties: false }

const connection = {
  host: Type.String({
    default: '127.0.0.1',
    minLength: 1,
    maxLength: 253,
    description: 'Name or address of the server.',
  }),
  port: Type.Integer({ default: 3_306, minimum: 1, maximum: 65_535, description: 'Port of the server.' }),
  database: Type.String({ default: 'mysql', minLength: 1, maxLength: 64, description: 'Database.' }),
  username: Type.String({ default: 'root', minLength: 1, maxLength: 128, description: 'User to log in as.' }),
  password: Secret({ default: '', maxLength: 4_096, description: 'Password of the user.' }),
  tls: Type.Optional(
    tlsOptions({
      description: 'Connect with TLS; without it, in the clear.',
      serverName: 'Name that the certificate must be for; needed where `host` is an address.',
    }),
  ),
  connectTimeoutMs: Type.Integer({
    default: 5_000,
    minimum: 1,
    maximum: 60_000,
    description: 'Longest wait for a connection, in milliseconds.',
  }),
}

/** Where the server is and how to get in. */
export const MysqlConnection = Type.Object(connection, strict)
export type MysqlConnection = Static<typeof MysqlConnection>

function name(description: string) {
  return Type.String({ minLength: 1, maxLength: 64, description })
}

/** Options of the sink, as users write them. */
export const MysqlSinkOptions = Type.Object(
  {
    ...connection,
    table: Type.Optional(
      name('Table of the database to write to; it must be there. Required, except for `statement`.'),
    ),
    mode: Type.Union(
      [Type.Literal('insert'), Type.Literal('upsert'), Type.Literal('ignore'), Type.Literal('statement')],
      {
        default: 'insert',
        description:
          'What becomes of a row that is there already: `insert` refuses the record, `upsert` sets the columns of the record, `ignore` leaves the row as it is. `statement` executes the SQL statement in the parameter `statement` as it is: whoever may write events can then write SQL.',
      },
    ),
    statementBytesMax: Type.Integer({
      default: 4_194_304,
      minimum: 65_536,
      maximum: 67_108_864,
      description:
        'Bytes of values in one statement; more rows make a second one. Below `max_allowed_packet` of the server.',
    }),
    poolSize: Type.Integer({
      default: 4,
      minimum: 1,
      maximum: 64,
      description: 'Connections at most, and so batches that are written at the same time; others wait.',
    }),
  },
  strict,
)
export type MysqlSinkOptions = Static<typeof MysqlSinkOptions>

const changes = {
  tables: Type.Array(
    Type.String({ minLength: 1, maxLength: 129, description: '`database.table`, or `table`.' }),
    {
      default: [],
      maxItems: 1_000,
      uniqueItems: true,
      description:
        'Tables, as `database.table` or `table` of `database`, whose changes are read; all of `database` when there are none.',
    },
  ),
  start: Type.Union(
    [
      Type.Literal('earliest'),
      Type.Literal('latest'),
      Type.Object({ time: Type.String({ description: 'Moment, in RFC 3339.' }) }, strict),
    ],
    {
      default: 'latest',
      description:
        'Where a new stream of changes begins: with the oldest change that the server still has, with those that come, or with those of a moment.',
    },
  ),
  serverId: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 4_294_967_295,
      description:
        'Number of this reader among the replicas of the server, and its alone; made of the names of account and stream when it is not given.',
    }),
  ),
  eventBytesMax: Type.Integer({
    default: 8_388_608,
    minimum: 1_024,
    maximum: 67_108_864,
    description: 'Size of an event above which it becomes a faulty record without its values, in bytes.',
  }),
}

const outbox = {
  table: Type.Optional(name('Outbox table. Required for `outbox`.')),
  idColumn: Type.String({
    default: 'id',
    minLength: 1,
    maxLength: 64,
    description:
      'Column that is unique and never null, and best the primary key; rows are read in its order.',
  }),
  payloadColumn: Type.String({
    default: 'payload',
    minLength: 1,
    maxLength: 64,
    description: 'Column with the body.',
  }),
  typeColumn: Type.Optional(name('Column with the type of the event, instead of `mysql:Outbox:Message`.')),
  aggregateColumn: Type.Optional(
    name('Column that becomes `data.aggregate`, such as the key of what has changed.'),
  ),
  timeColumn: Type.Optional(
    name('Column of type `datetime` or `timestamp`, in UTC, with the time of the event.'),
  ),
  bodyForm: Type.Union([Type.Literal('json'), Type.Literal('text'), Type.Literal('binary')], {
    default: 'json',
    description:
      'How the payload stands in `data.body`: its JSON, a text, or base64. One that is not so is a faulty record.',
  }),
  committed: Type.Union([Type.Literal('delete'), Type.Literal('mark')], {
    default: 'delete',
    description:
      'What becomes of a row that is done: `delete` removes it, `mark` sets `markColumn` to the time.',
  }),
  markColumn: Type.Optional(
    name('Column of type `datetime` or `timestamp` that is null in rows to read. Required for `mark`.'),
  ),
  pollIntervalMs: Type.Integer({
    default: 1_000,
    minimum: 10,
    maximum: 3_600_000,
    description: 'Pause before the table is asked again when it had nothing new, in milliseconds.',
  }),
}

/** Options of the source, as users write them. */
export const MysqlSourceOptions = Type.Object(
  {
    ...connection,
    mode: Type.Union([Type.Literal('changes'), Type.Literal('outbox')], {
      default: 'changes',
      description: 'Read changes of tables from the binary log, or the rows of an outbox table.',
    }),
    prefetch: Type.Integer({
      default: 1_000,
      minimum: 1,
      maximum: 100_000,
      description:
        'Changes that wait to be read, at most; for an outbox the rows that are held, read or not, before they are committed.',
    }),
    prefetchBytes: Type.Integer({
      default: 16_777_216,
      minimum: 65_536,
      maximum: 268_435_456,
      description: 'Bytes of changes that wait to be read above which no more is fetched.',
    }),
    ...changes,
    ...outbox,
  },
  strict,
)
export type MysqlSourceOptions = Static<typeof MysqlSourceOptions>
