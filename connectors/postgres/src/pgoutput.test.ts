import { expect, test } from 'vitest'
import { decodeWalMessage } from './pgoutput.ts'

/** Texts are written with a zero behind them, numbers as `[value, bytes]`. */
function message(...parts: (string | readonly [number | bigint, number])[]): Buffer {
  return Buffer.concat(
    parts.map(part => {
      if (typeof part === 'string') return Buffer.from(part)
      const [value, bytes] = part
      const buffer = Buffer.alloc(bytes)
      if (bytes === 8) buffer.writeBigInt64BE(BigInt(value))
      else buffer.writeUIntBE(Number(value), 0, bytes)
      return buffer
    }),
  )
}

const text = (value: string): (string | readonly [number, number])[] => ['t', [value.length, 4], value]

test('a transaction has its place, time and number', () => {
  expect(decodeWalMessage(message('B', [0x16_b374_d848, 8], [1_000_000, 8], [731, 4]))).toEqual({
    kind: 'begin',
    commitLsn: 0x16_b374_d848n,
    commitTimeMs: Date.UTC(2000, 0, 1, 0, 0, 1),
    transactionId: 731,
  })
  expect(decodeWalMessage(message('C', [0, 1], [5, 8], [9, 8], [0, 8]))).toEqual({
    kind: 'commit',
    commitLsn: 5n,
    endLsn: 9n,
  })
})

test('a table has its columns, and which of them tell rows apart', () => {
  const bytes = message(
    'R',
    [7, 4],
    'public\0',
    'orders\0',
    'd',
    [2, 2],
    [1, 1],
    'id\0',
    [23, 4],
    [0, 4],
    [0, 1],
    'é\0',
    [25, 4],
    [0, 4],
  )
  expect(decodeWalMessage(bytes)).toEqual({
    kind: 'relation',
    relation: {
      id: 7,
      schema: 'public',
      table: 'orders',
      identity: 'd',
      columns: [
        { name: 'id', typeId: 23, isKey: true },
        { name: 'é', typeId: 25, isKey: false },
      ],
    },
  })
})

test('rows have values, nulls, and values that were not sent', () => {
  const row = [[3, 2], ...text('1'), 'n', 'u'] as const
  const values = ['1', null, undefined]
  expect(decodeWalMessage(message('I', [7, 4], 'N', ...row))).toEqual({
    kind: 'insert',
    relationId: 7,
    after: values,
  })
  expect(decodeWalMessage(message('U', [7, 4], 'N', ...row))).toEqual({
    kind: 'update',
    relationId: 7,
    after: values,
  })
  for (const [mark, isKeyOnly] of [
    ['K', true],
    ['O', false],
  ] as const) {
    const before = { values, isKeyOnly }
    expect(decodeWalMessage(message('U', [7, 4], mark, ...row, 'N', ...row))).toEqual({
      kind: 'update',
      relationId: 7,
      before,
      after: values,
    })
    expect(decodeWalMessage(message('D', [7, 4], mark, ...row))).toEqual({
      kind: 'delete',
      relationId: 7,
      before,
    })
  }
})

test('tables that are emptied come together', () => {
  expect(decodeWalMessage(message('T', [2, 4], [3, 1], [7, 4], [8, 4]))).toEqual({
    kind: 'truncate',
    relationIds: [7, 8],
    cascade: true,
    restartIdentity: true,
  })
})

test('messages that say nothing of rows are known as such, and cut ones are refused', () => {
  expect(decodeWalMessage(message('O', [1, 8], 'origin\0'))).toEqual({ kind: 'other' })
  const whole = message('I', [7, 4], 'N', [1, 2], ...text('abc'))
  for (let length = 0; length < whole.length; length++) {
    expect(() => decodeWalMessage(whole.subarray(0, length))).toThrow(RangeError)
  }
})
