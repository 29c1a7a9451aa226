import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { AppError, type PluginLog, systemRandom } from '@millrace/spi'
import { FakeClock } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { type KeyDirectory, type Principal, unauthenticated } from '../../auth/index.ts'
import type { AcceptOutcome, Ingest } from '../../ingest/index.ts'
import type { BusView } from '../../resources/index.ts'
import { AuditTrail } from './audit-trail.ts'
import { waitingAttemptsMax, waitingCallsMax } from './waiting-calls.ts'

const principal: Principal = { account: '1', keyId: 'MR1', actor: { kind: 'root' } }
const access = [{ action: 'eventbridge:CreateEventBus', resource: 'acs:eventbridge:local:1:eventbus/a' }]

/** A trail over a bus whose door opens when it is told to. */
function openTrail(outcome?: AcceptOutcome) {
  const gate = Promise.withResolvers<void>()
  const seen = { accepted: 0, recorded: 0, dropped: 0, lines: 0 }
  const ingest: Pick<Ingest, 'accept'> = {
    async accept(_bus, events) {
      await gate.promise
      seen.accepted += events.length
      return events.map(({ id }, position) => outcome ?? { status: 'accepted', id, position })
    },
  }
  const buses = new Map([['1/default', { name: 'default', key: '1/default' } as BusView]])
  const snapshot = { buses, accessKeys: new Map() }
  const keys: KeyDirectory = {
    accounts: ['1'],
    find: accessKeyId => ({
      key: { accessKeyId, accessKeySecret: 's', account: '1', actor: { kind: 'root' } },
      refusal: undefined,
    }),
  }
  const line = (): void => void seen.lines++
  const log: PluginLog = { debug: line, info: line, warn: line, error: line }
  const clock = new FakeClock()
  const trail = new AuditTrail({
    ingest,
    resources: { snapshots: { current: () => snapshot } } as never,
    identity: { keys },
    clock,
    random: systemRandom(clock),
    log,
    observer: {
      recorded: calls => void (seen.recorded += calls),
      dropped: calls => void (seen.dropped += calls),
    },
    region: 'local',
    recordsReads: false,
  })
  return { trail, seen, open: () => gate.resolve() }
}

function newRequest(authorization = '') {
  const request = {
    headers: { authorization },
    socket: {},
    url: '/x?secret=1',
    method: 'POST',
  } as IncomingMessage
  const response = Object.assign(new EventEmitter(), { statusCode: 200 }) as unknown as ServerResponse
  return { request, response }
}

function call(trail: AuditTrail): void {
  const { request, response } = newRequest()
  trail.watch(request, response)
  trail.asked(request, principal, () => access)
  response.emit('close')
}

test('a flood is bounded: what does not fit is dropped, counted and logged once, and nobody waits', async () => {
  const { trail, seen, open } = openTrail()
  const flood = waitingCallsMax + 5_000
  for (let index = 0; index < flood; index++) call(trail)
  expect(seen.dropped).toBe(5_000)
  expect(seen.lines).toBe(1)
  open()
  await trail.settled()
  expect(seen).toEqual({ accepted: waitingCallsMax, recorded: waitingCallsMax, dropped: 5_000, lines: 1 })
})

test('who guesses secrets cannot drive out what others did', async () => {
  const { trail, seen, open } = openTrail()
  for (let index = 0; index < waitingCallsMax * 2; index++) {
    trail.refused(newRequest('Bearer MR1.guess').request, 'auth.unauthenticated', unauthenticated().message)
  }
  call(trail)
  open()
  await trail.settled()
  expect(seen.recorded).toBe(waitingAttemptsMax + 1)
})

test('a bus that takes nothing is counted, and fails nobody', async () => {
  const error = new AppError('bus.log-full', 'the log is full')
  const { trail, seen, open } = openTrail({ status: 'refused', id: '1', error })
  call(trail)
  open()
  await trail.settled()
  expect(seen).toMatchObject({ recorded: 0, dropped: 1, lines: 1 })
})

test('what is disposed of has recorded all that it was told', async () => {
  const { trail, seen, open } = openTrail()
  call(trail)
  open()
  await trail[Symbol.asyncDispose]()
  expect(seen.recorded).toBe(1)
})
