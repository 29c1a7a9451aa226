import type { PluginLog } from '@millrace/spi'
import { type DestinationStream, destination, type Logger, pino, stdSerializers } from 'pino'
import { humanLine } from './human-line.ts'

/** From the chattiest to none. `debug` is per event; `trace` is accepted as a name and shows the same. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent'

export interface LogOptions {
  readonly level: LogLevel
  /** Short lines for a person instead of JSON; set when standard error is a terminal. */
  readonly isTerminal: boolean
  /** Where lines go; standard error unless told. */
  readonly write?: (line: string) => void
}

/** The log of the process: constant messages, data in fields. */
export interface Log extends PluginLog {
  /** The same log with fields that every line carries, such as the name of a plug-in. */
  child(fields: Readonly<Record<string, unknown>>): Log
}

/** Names of fields whose values never reach the log, at the top and one or two levels below. */
export const redactedFields = [
  'accessKeySecret',
  'authorization',
  'cookie',
  'password',
  'passphrase',
  'privateKey',
  'secret',
  'secrets',
  'token',
]

/**
 * One line per call: JSON on standard error, or a short line for a person in a terminal. Written synchronously, so that
 * the last words before a crash are there; what is logged per event is off unless the level is `debug`.
 */
export function createLog(options: LogOptions): Log {
  const { level, isTerminal } = options
  const write = options.write ?? writeToStandardError()
  const stream: DestinationStream = {
    write: line => write(isTerminal ? humanLine(line) : line),
  }
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: label => ({ level: label }) },
      serializers: { error: stdSerializers.err, cause: serializeCause, err: stdSerializers.err },
      redact: {
        paths: redactedFields.flatMap(name => [name, `*.${name}`, `*.*.${name}`]),
        censor: '[redacted]',
      },
    },
    stream,
  )
  return wrap(logger)
}

function wrap(logger: Logger): Log {
  return {
    debug: (message, fields) => logger.debug(fields ?? {}, message),
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
    child: fields => wrap(logger.child(fields)),
  }
}

function writeToStandardError(): (line: string) => void {
  const stream = destination({ dest: 2, sync: true })
  return line => void stream.write(line)
}

function serializeCause(cause: unknown): unknown {
  return cause instanceof Error ? stdSerializers.err(cause) : cause
}
