import { checkTls, defineConnector, optionRefusal, rowParameters } from '@millrace/spi'
import { checkSourceOptions } from './check-options.ts'
import { PostgresConnection, PostgresSinkOptions, PostgresSourceOptions } from './options.ts'
import { PostgresSink } from './sink.ts'
import { openSource } from './source.ts'

/** PostgreSQL: changes of tables and outbox tables to read from, tables to write to. See the README for its semantics. */
export const connector = defineConnector({
  system: 'postgres',
  title: 'PostgreSQL',
  connection: PostgresConnection,
  source: {
    options: PostgresSourceOptions,
    // A slot, and the position in an outbox, have one reader.
    tasksMax: 1,
    ordered: true,
    check: options => checkSourceOptions(options as PostgresSourceOptions),
    open: (options, context) => openSource(options as PostgresSourceOptions, context),
  },
  sink: {
    options: PostgresSinkOptions,
    recordsMax: 1_000,
    parameters: [rowParameters, 'operation', 'key'],
    check: options => {
      const { tls, mode, conflictColumns } = options as PostgresSinkOptions
      checkTls('postgres', tls)
      if (mode === 'insert' && conflictColumns.length > 0) {
        throw optionRefusal(
          'postgres',
          'conflictColumns',
          'goes with mode upsert or ignore: insert has no conflicts',
        )
      }
    },
    open: (options, context) => new PostgresSink(options as PostgresSinkOptions, context),
  },
})
