import { AppError } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import type { RoleUse } from '../auth/index.ts'
import { emptySnapshot, type SinkSpec, type Snapshot, type StreamView } from '../resources/index.ts'
import { WiringRoles } from './wiring-roles.ts'

const snapshot = {
  ...emptySnapshot,
  buses: new Map([
    [
      '1/orders',
      {
        rules: new Map([
          ['paid', { spec: { role: 'of-rule' } }],
          ['free', { spec: {} }],
        ]),
      },
    ],
  ]),
  streams: new Map([['1/copy', { spec: { role: 'of-stream' } }]]),
  functions: new Map([
    ['1/bill', { spec: { role: 'acs:ram::1:role/of-function' } }],
    ['1/abroad', { spec: { role: 'acs:ram::2:role/of-function' } }],
    ['1/early', { spec: { role: 'not-there-yet' } }],
  ]),
} as unknown as Snapshot

/** Every use of a role is refused, with who wanted what. */
function refusing(): WiringRoles {
  const refusal = ({ role, service, accesses }: RoleUse): AppError =>
    new AppError('role.insufficient', [role, service, ...accesses.map(({ action }) => action)].join(' '))
  const roles = {
    refusal,
    has: (_account: string, role: string) => role.startsWith('of-'),
    credentials: () => undefined,
  }
  return new WiringRoles({
    roles: () => roles,
    snapshot: () => snapshot,
    region: 'local',
    requireRoles: false,
  })
}

describe('who uses a sink', () => {
  const queue: SinkSpec = { queue: 'q' }
  test.each([
    ['1/orders/paid/target', 'of-rule eventbridge.aliyuncs.com mns:SendMessage'],
    ['1/orders/paid/target@replay', 'of-rule eventbridge.aliyuncs.com mns:SendMessage'],
    ['1/orders/free/target', undefined],
    ['1/orders/gone/target', undefined],
    ['stream/1/copy', 'of-stream eventbridge.aliyuncs.com mns:SendMessage'],
    ['1/$calls/bill@*>failed/only', 'of-function fc.aliyuncs.com mns:SendMessage'],
    ['1/$calls/bill@prod>succeeded/only', 'of-function fc.aliyuncs.com mns:SendMessage'],
    ['1/$calls/abroad@*>failed/only', undefined],
    ['1/$calls/early@*>failed/only', undefined],
    ['1/$topics/news/only', undefined],
  ])('is known by the queue %s: %s', (name, told) => {
    expect(refusing().refusalOfSink('1', name, queue)?.message).toBe(told)
  })
})

test('a stream reads its source by its role', () => {
  const source = { connector: 'kafka', instance: 'main', options: {} }
  const stream = { account: '1', spec: { role: 'of-stream', source } } as unknown as StreamView
  expect(refusing().refusalOfSource(stream)?.message).toContain('of-stream')
  expect(refusing().refusalOfSource(stream)?.message).toContain('millrace:UseInstance')
})

test('destinations of a function are asked of its role when they are written, from either side', () => {
  const onFailure = { topic: 'news' }
  const spec = { retriesMax: 1, ageMsMax: 1, tasks: false, onFailure }
  expect(() => refusing().checkAsync('1', 'bill', spec)).toThrow(
    'of-function fc.aliyuncs.com mns:PublishMessage',
  )
  expect(() => refusing().checkAsync('1', 'abroad', spec)).not.toThrow()
  const async = new Map([['LATEST', { spec }]]) as never
  expect(() => refusing().checkFunction('1', { role: 'of-function' } as never, async)).toThrow(
    'mns:PublishMessage',
  )
})
