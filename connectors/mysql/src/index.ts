import { defineConnector, rowParameters } from '@millrace/spi'
import { ChangesSource } from './changes-source.ts'
import { checkSinkOptions, checkSourceOptions } from './check-options.ts'
import { MysqlConnection, MysqlSinkOptions, MysqlSourceOptions } from './options.ts'
import { OutboxSource } from './outbox-source.ts'
import { MysqlSink } from './sink.ts'

/** MySQL and MariaDB: changes of tables and outbox tables to read from, tables to write to. See the README for its semantics. */
export const connector = defineConnector({
  system: 'mysql',
  title: 'MySQL and MariaDB',
  connection: MysqlConnection,
  source: {
    options: MysqlSourceOptions,
    // A place in the binary log, and the rows of an outbox, have one reader.
    tasksMax: 1,
    ordered: true,
    check: options => checkSourceOptions(options as MysqlSourceOptions),
    open: (options, context) => {
      const complete = options as MysqlSourceOptions
      return complete.mode === 'outbox'
        ? new OutboxSource(complete, context)
        : new ChangesSource(complete, context)
    },
  },
  sink: {
    options: MysqlSinkOptions,
    recordsMax: 1_000,
    parameters: [rowParameters, 'statement'],
    check: options => checkSinkOptions(options as MysqlSinkOptions),
    open: (options, context) => new MysqlSink(options as MysqlSinkOptions, context),
  },
})
