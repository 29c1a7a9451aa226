import { AppError, retryBackoff, retryNever, type SourceContext } from '@millrace/spi'
import type { LogPlace } from './change-event.ts'
import { errorNumber, mysqlError } from './errors.ts'
import type { MysqlSourceOptions } from './options.ts'
import { openSession, type Session } from './session.ts'

/** What a stream of changes has to know of its server. */
export interface LogServer {
  /** Tells servers apart: positions of one mean nothing to another. */
  readonly id: string
  /** Where a new stream begins. */
  readonly beginning: LogPlace | undefined
}

/**
 * Looks whether the server writes what the stream needs, and where a new stream begins, when it is one. Rejects with words
 * for whoever may change that.
 */
export async function readLogServer(
  options: MysqlSourceOptions,
  context: SourceContext,
  isNew: boolean,
  signal: AbortSignal,
): Promise<LogServer> {
  await using session = await openSession(options, context, 'source', signal)
  try {
    const [row] = await session.query(
      'SELECT @@log_bin AS log, @@global.binlog_format AS format, @@server_id AS number',
    )
    if (Number(row?.['log']) !== 1) throw unfit(session, 'writes no binary log; set log_bin')
    if (row?.['format'] !== 'ROW') {
      throw unfit(session, `has binlog_format ${String(row?.['format'])}; changes of rows need ROW`)
    }
    const id = (await serverUuid(session)) ?? `server-id ${String(row?.['number'])}`
    if (!isNew) return { id, beginning: undefined }
    const beginning = await (options.start === 'latest' ? latest(session) : earliest(session))
    if (beginning === undefined) throw unfit(session, 'shows no binary log')
    return { id, beginning }
  } catch (thrown) {
    throw mysqlError(thrown, 'source', session.place)
  }
}

/** MariaDB has none. */
async function serverUuid(session: Session): Promise<string | undefined> {
  const [row] = await session.query("SHOW GLOBAL VARIABLES LIKE 'server_uuid'")
  return row === undefined ? undefined : String(row['Value'])
}

async function earliest(session: Session): Promise<LogPlace | undefined> {
  const [row] = await session.query('SHOW BINARY LOGS')
  return row === undefined ? undefined : { file: String(row['Log_name']), position: 4 }
}

async function latest(session: Session): Promise<LogPlace | undefined> {
  const [row] = await session.query('SHOW MASTER STATUS').catch((thrown: unknown) => {
    // MySQL 8.4 has another word for it.
    if (errorNumber(thrown) === 1064) return session.query('SHOW BINARY LOG STATUS')
    throw thrown
  })
  return row === undefined ? undefined : { file: String(row['File']), position: Number(row['Position']) }
}

function unfit({ place }: Session, what: string): AppError {
  return new AppError('source.rejected', `${place} ${what}`, retryNever)
}

const purged = /Could not find first log|could not find next log|purged|impossible position/i
const rivals = /same server_(?:uuid|id)/i

/**
 * What broke off a stream. MySQL has one number for several things, and MariaDB other ones, so that the words tell them
 * apart.
 */
export function logError(thrown: unknown, place: string): AppError {
  if (thrown instanceof AppError) return thrown
  const message = thrown instanceof Error ? thrown.message : ''
  const options = { cause: thrown }
  if (errorNumber(thrown) > 0 && rivals.test(message)) {
    return new AppError(
      'source.failed',
      `${place} has another reader with the same serverId; give each stream one of its own`,
      retryBackoff,
      options,
    )
  }
  if (errorNumber(thrown) === 1236 && purged.test(message)) {
    return new AppError(
      'source.rejected',
      `${place} no longer has the binary log at which this stream goes on: it was purged, and changes are lost to the stream; keep logs longer (binlog_expire_logs_seconds), and begin anew with a new stream`,
      retryNever,
      options,
    )
  }
  const error = mysqlError(thrown, 'source', place)
  if (error.code !== 'internal.unexpected') return error
  // What the library says of tables and columns holds names, and no values.
  return new AppError(
    'source.failed',
    `${place} sent changes that cannot be read: ${message.slice(0, 300)}`,
    retryBackoff,
    options,
  )
}
