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
          ['paid', { spec: { role: 'of-rule', targets: [{ id: 'own', role: 'of-target' }] } }],
          ['free', { spec: { targets: [] } }],
        ]),
      },
    ],
  ]),
  streams: new Map([
    ['1/copy', { spec: { role: 'of-stream' } }],
    ['1/parts', { spec: { role: 'of-stream', roles: { sink: 'of-sink' } } }],
  ]),
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
    ['1/orders/paid/own', 'of-target eventbridge.aliyuncs.com mns:SendMessage'],
    ['1/orders/paid/own@replay', 'of-target eventbridge.aliyuncs.com mns:SendMessage'],
    ['1/orders/free/target', undefined],
    ['1/orders/gone/target', undefined],
    ['stream/1/copy', 'of-stream eventbridge.aliyuncs.com mns:SendMessage'],
    ['stream/1/parts', 'of-sink eventbridge.aliyuncs.com mns:SendMessage'],
    ['1/$calls/bill@*>failed/only', 'of-function fc.aliyuncs.com mns:SendMessage'],
    ['1/$calls/bill@prod>succeeded/only', 'of-function fc.aliyuncs.com mns:SendMessage'],
    ['1/$calls/abroad@*>failed/only', undefined],
    ['1/$calls/early@*>failed/only', 'not-there-yet fc.aliyuncs.com mns:SendMessage'],
    ['1/$topics/news/only', undefined],
  ])('is known by the queue %s: %s', (name, told) => {
    expect(refusing().refusalOfSink('1', queue, { queue: name, part: 'sink' })?.message).toBe(told)
  })
})

test.each(['1/orders/paid/own', 'stream/1/parts'])(
  'dead letters of %s go by the role of the whole',
  queue => {
    const use = { queue, part: 'dead-letter' } as const
    expect(refusing().refusalOfSink('1', { queue: 'q' }, use)?.message).toMatch(/^of-(rule|stream) /)
  },
)

test.each([
  [{ role: 'of-stream' }, 'of-stream'],
  [{ role: 'of-stream', roles: { source: 'of-source' } }, 'of-source'],
])('a stream with %j reads its source by the role %s', (roles, role) => {
  const source = { connector: 'kafka', instance: 'main', options: {} }
  const stream = { account: '1', spec: { ...roles, source } } as unknown as StreamView
  expect(refusing().refusalOfSource(stream)?.message).toContain(`${role} `)
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

test('a function may come before its role, but not before that of its destinations', () => {
  const spec = { role: 'not-there-yet' } as never
  const async = new Map([['LATEST', { spec: { onFailure: { topic: 'news' } } }]]) as never
  expect(() => refusing().checkFunction('1', spec)).not.toThrow()
  expect(() => refusing().checkFunction('1', spec, async)).toThrow('not-there-yet')
  expect(() => refusing().checkAsync('1', 'early', { onFailure: { topic: 'news' } } as never)).toThrow(
    'not-there-yet',
  )
})
