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
  port: Type.Integer({ default: 5_432, minimum: 1, maximum: 65_535, description: 'Port of the server.' }),
  database: Type.String({
    default: 'postgres',
    minLength: 1,
    maxLength: 63,
    description: 'Database.',
  }),
  username: Type.String({
    default: 'postgres',
    minLength: 1,
    maxLength: 63,
    description: 'Role to log in as.',
  }),
  password: Secret({ default: '', maxLength: 4_096, description: 'Password of the role.' }),
  tls: Type.Optional(tlsOptions({ description: 'Connect with TLS; without it, in the clear.' })),
  connectTimeoutMs: Type.Integer({
    default: 5_000,
    minimum: 1,
    maximum: 60_000,
    description: 'Longest wait for a connection, in milliseconds.',
  }),
}

/** Where the server is and how to get in. */
export const PostgresConnection = Type.Object(connection, strict)
export type PostgresConnection = Static<typeof PostgresConnection>

function name(description: string) {
  return Type.String({ minLength: 1, maxLength: 63, description })
}

const schema = Type.String({
  default: 'public',
  minLength: 1,
  maxLength: 63,
  description: 'Schema of the table.',
})

/** Options of the sink, as users write them. */
export const PostgresSinkOptions = Type.Object(
  {
    ...connection,
    schema,
    table: name('Table, partitioned table or updatable view to write to; it must be there. Required.'),
    mode: Type.Union([Type.Literal('insert'), Type.Literal('upsert'), Type.Literal('ignore')], {
      default: 'insert',
      description:
        'What becomes of a row that is there already: `insert` refuses the record, `upsert` sets the columns of the record, `ignore` leaves the row as it is.',
    }),
    conflictColumns: Type.Array(name('Name of a column.'), {
      default: [],
      maxItems: 32,
      uniqueItems: true,
      description:
        'Columns that tell whether a row is there already; they need a unique index. The primary key, when there are none.',
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
export type PostgresSinkOptions = Static<typeof PostgresSinkOptions>

const changes = {
  slot: Type.Optional(
    Type.String({
      pattern: '^[a-z0-9_]{1,63}$',
      description:
        'Replication slot that keeps the changes for this stream, and for it alone. A name made from that of the stream, when there is none.',
    }),
  ),
  publication: Type.Optional(
    name(
      'Publication that says which tables and changes are sent. The name of the slot, when there is none.',
    ),
  ),
  create: Type.Boolean({
    default: false,
    description: 'Create the publication, of `tables`, and the slot, when they are not there.',
  }),
  tables: Type.Array(
    Type.String({ minLength: 1, maxLength: 127, description: '`schema.table`, or `table`.' }),
    {
      default: [],
      maxItems: 1_000,
      uniqueItems: true,
      description:
        'Tables, as `schema.table` or `table` of the schema `public`, whose changes are read; all of the publication when there are none.',
    },
  ),
  snapshot: Type.Union([Type.Literal('none'), Type.Literal('initial')], {
    default: 'none',
    description:
      '`initial` reads all rows that are there before the first change; the slot must not be there then, for it is created in the same moment.',
  }),
  schemaChanges: Type.Boolean({
    default: false,
    description: 'Tell changes of a table’s columns in events of their own.',
  }),
  rowBytesMax: Type.Integer({
    default: 8_388_608,
    minimum: 1_024,
    maximum: 67_108_864,
    description: 'Size of a row above which it becomes a faulty record without its values, in bytes.',
  }),
}

const outbox = {
  schema,
  table: Type.Optional(name('Outbox table. Required for `outbox`.')),
  idColumn: Type.String({
    default: 'id',
    minLength: 1,
    maxLength: 63,
    description: 'Column that is unique and never null; rows are read in its order.',
  }),
  payloadColumn: Type.String({
    default: 'payload',
    minLength: 1,
    maxLength: 63,
    description: 'Column with the body; `*` for the whole row, as a JSON object.',
  }),
  typeColumn: Type.Optional(name('Column with the type of the event, instead of `postgres:Outbox:Message`.')),
  aggregateColumn: Type.Optional(
    name('Column that becomes `data.aggregate`, such as the key of what has changed.'),
  ),
  timeColumn: Type.Optional(name('Column of type `timestamptz` with the time of the event.')),
  bodyForm: Type.Union([Type.Literal('json'), Type.Literal('text'), Type.Literal('binary')], {
    default: 'json',
    description:
      'How the payload stands in `data.body`: its JSON, a text, or base64 (of a `bytea`). One that is not so is a faulty record.',
  }),
  committed: Type.Union([Type.Literal('keep'), Type.Literal('delete'), Type.Literal('mark')], {
    default: 'keep',
    description:
      'What becomes of a row that is done: `keep` leaves it and remembers how far the stream is, `delete` removes it, `mark` sets `markColumn`.',
  }),
  markColumn: Type.Optional(
    name('Column of type `timestamptz` that is null in rows to read. Required for `mark`.'),
  ),
  start: Type.Union([Type.Literal('earliest'), Type.Literal('latest')], {
    default: 'earliest',
    description: 'Where a new stream begins when rows are kept: with all rows, or with those that come.',
  }),
  pollIntervalMs: Type.Integer({
    default: 1_000,
    minimum: 10,
    maximum: 3_600_000,
    description: 'Pause before the table is asked again when it had nothing new, in milliseconds.',
  }),
}

/** Options of the source, as users write them. */
export const PostgresSourceOptions = Type.Object(
  {
    ...connection,
    mode: Type.Union([Type.Literal('changes'), Type.Literal('outbox')], {
      default: 'changes',
      description: 'Read changes of tables by logical replication, or the rows of an outbox table.',
    }),
    prefetch: Type.Integer({
      default: 1_000,
      minimum: 1,
      maximum: 100_000,
      description: 'Rows that are held before they are read, at most; what was read does not count.',
    }),
    prefetchBytes: Type.Integer({
      default: 16_777_216,
      minimum: 65_536,
      maximum: 268_435_456,
      description: 'Bytes of such rows above which no more is fetched.',
    }),
    ...changes,
    ...outbox,
  },
  strict,
)
export type PostgresSourceOptions = Static<typeof PostgresSourceOptions>
