import { AppError, type OutgoingRecord, retryNever, rowOf, rowParameters } from '@millrace/spi'
import type { RedisSinkOptions } from './options.ts'

/** Parameters of a target that are read. */
export const parameterNames: readonly string[] = ['key', rowParameters]

/** Words of one command. */
export type Command = readonly (string | Buffer)[]

/** What a record, its parameters and the options make: commands that are sent one after the other. Throws `sink.rejected`. */
export function commandsOf(record: OutgoingRecord, options: RedisSinkOptions): readonly Command[] {
  const key = record.parameters['key'] ?? options.key
  if (key === undefined || key === '') {
    throw rejected('the record has no key: neither the option nor the parameter key says one')
  }
  switch (options.type) {
    case 'stream':
      return [['XADD', key, ...lengthOf(options), '*', ...fieldsOf(record, options)]]
    case 'hash':
      return hashCommands(key, record)
    case 'list':
      return listCommands(key, record, options)
    case 'channel':
      return [['PUBLISH', key, bytesOf(record)]]
  }
}

function lengthOf({ lengthMax }: RedisSinkOptions): string[] {
  return lengthMax === undefined ? [] : ['MAXLEN', '~', `${lengthMax}`]
}

function fieldsOf(record: OutgoingRecord, { entry, bodyField }: RedisSinkOptions): (string | Buffer)[] {
  const isRow = entry === 'fields' || Object.keys(record.parameters).some(name => name.startsWith('columns.'))
  if (!isRow) return [bodyField, bytesOf(record)]
  const { columns, values } = rowOf(record)
  const fields = columns.flatMap((column, at) => {
    const value = values[at]
    // An entry is never changed: a field without a value is left out.
    return value === null || value === undefined ? [] : [column, value.text]
  })
  if (fields.length === 0) throw rejected('all fields of the record are null: an entry needs one at least')
  return fields
}

/** A null takes the field away. */
function hashCommands(key: string, record: OutgoingRecord): Command[] {
  const { columns, values } = rowOf(record)
  const set: string[] = []
  const removed: string[] = []
  for (const [at, column] of columns.entries()) {
    const value = values[at]
    if (value === null || value === undefined) removed.push(column)
    else set.push(column, value.text)
  }
  return [
    ...(set.length === 0 ? [] : [['HSET', key, ...set]]),
    ...(removed.length === 0 ? [] : [['HDEL', key, ...removed]]),
  ]
}

function listCommands(key: string, record: OutgoingRecord, { end, lengthMax }: RedisSinkOptions): Command[] {
  const isRight = end === 'right'
  const push: Command = [isRight ? 'RPUSH' : 'LPUSH', key, bytesOf(record)]
  if (lengthMax === undefined) return [push]
  const kept = isRight ? [`${-lengthMax}`, '-1'] : ['0', `${lengthMax - 1}`]
  return [push, ['LTRIM', key, ...kept]]
}

function bytesOf({ body }: OutgoingRecord): Buffer {
  return Buffer.from(body.buffer, body.byteOffset, body.length)
}

function rejected(message: string): AppError {
  return new AppError('sink.rejected', message, retryNever)
}
