import { isIP } from 'node:net'
import { checkTls, optionRefusal } from '@millrace/spi'
import type { MysqlConnection, MysqlSinkOptions, MysqlSourceOptions } from './options.ts'

/** What the schema of the sink cannot say. Throws `options.invalid`. */
export function checkSinkOptions(options: MysqlSinkOptions): void {
  checkConnection(options)
  const isStatement = options.mode === 'statement'
  if (!isStatement && options.table === undefined)
    throw optionRefusal('mysql', 'table', `is required for mode ${options.mode}`)
  if (isStatement && options.table !== undefined) {
    throw optionRefusal(
      'mysql',
      'table',
      'goes without mode statement: the statement names its tables itself',
    )
  }
}

/** What the schema of the source cannot say. Throws `options.invalid`. */
export function checkSourceOptions(options: MysqlSourceOptions): void {
  checkConnection(options)
  const { mode, table, committed, markColumn, start } = options
  if (mode === 'outbox') {
    if (table === undefined) throw optionRefusal('mysql', 'table', 'is required for mode outbox')
    if ((committed === 'mark') !== (markColumn !== undefined)) {
      throw optionRefusal('mysql', 'markColumn', 'and committed "mark" go together')
    }
    return
  }
  if (table !== undefined)
    throw optionRefusal('mysql', 'table', 'goes with mode outbox; for changes there is tables')
  if (typeof start === 'object' && Number.isNaN(Date.parse(start.time))) {
    throw optionRefusal('mysql', 'start.time', 'is no time in RFC 3339')
  }
}

function checkConnection({ tls, host }: MysqlConnection): void {
  checkTls('mysql', tls)
  if (tls !== undefined && !tls.insecureSkipVerify && tls.serverName === undefined && isIP(host) !== 0) {
    throw optionRefusal(
      'mysql',
      'tls.serverName',
      'is required where the host is an address: the client checks names only',
    )
  }
}
