import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { AppError, type PluginLog, systemRandom } from '@millrace/spi'
import { FakeClock } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { type KeyDirectory, type Principal, unauthenticated } from '../../auth/index.ts'
import type { AcceptOutcome, Ingest } from '../../ingest/index.ts'
import type { BusView } from '../../resources/index.ts'
import { answerHeldMsMax, AuditTrail } from './audit-trail.ts'
import { waitingAttemptsMax, waitingCallsMax } from './waiting-calls.ts'

const principal: Principal = { account: '1', keyId: 'MR1', actor: { kind: 'root' } }
const access = [{ action: 'eventbridge:CreateEventBus', resource: 'acs:eventbridge:local:1:eventbus/a' }]

/** A trail over a bus whose door opens when it is told to. */
function openTrail(outcome?: AcceptOutcome) {
  const gate = Promise.withResolvers<void>()
  const seen = { accepted: 0, recorded: 0, dropped: 0, late: 0, lines: 0 }
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
      late: calls => void (seen.late += calls),
    },
    region: 'local',
    recordsReads: false,
  })
  return { trail, seen, clock, open: () => gate.resolve() }
}

function newRequest(authorization = '') {
  const request = {
    headers: { authorization },
    socket: {},
    url: '/x?secret=1',
    method: 'POST',
  } as IncomingMessage
  const sent: unknown[][] = []
  const answer = {
    statusCode: 200,
    writableEnded: false,
    end: (...given: unknown[]) => void sent.push(given),
  }
  const response = Object.assign(new EventEmitter(), answer) as unknown as ServerResponse
  return { request, response, sent }
}

/** Answers a call that changes something; `sent` has the answer as soon as the caller has it. */
function call(trail: AuditTrail) {
  const made = newRequest()
  trail.watch(made.request, made.response)
  trail.asked(made.request, principal, () => access)
  made.response.end('answer')
  return made
}

test('an answer is sent when its call is recorded, whole and once, and seems given until then', async () => {
  const { trail, open } = openTrail()
  const { response, sent } = call(trail)
  response.end('another answer')
  await Promise.resolve()
  expect([sent, response.writableEnded]).toEqual([[], true])
  open()
  await trail.settled()
  expect(sent).toEqual([['answer']])
})

test('an answer waits for the record only so long, and is counted', async () => {
  const { trail, seen, clock, open } = openTrail()
  const { sent } = call(trail)
  await clock.advance(answerHeldMsMax - 1)
  expect(sent).toEqual([])
  await clock.advance(1)
  expect([sent.length, seen.late]).toEqual([1, 1])
  open()
  await trail.settled()
  expect(seen).toMatchObject({ recorded: 1, dropped: 0 })
})

test('a caller who leaves before the answer is recorded once', async () => {
  const { trail, seen, open } = openTrail()
  const { request, response, sent } = newRequest()
  trail.watch(request, response)
  trail.asked(request, principal, () => access)
  response.emit('close')
  response.end('too late')
  open()
  await trail.settled()
  expect([seen.recorded, sent.length]).toEqual([1, 1])
})

test('what is not asked for leave to change something is answered at once', () => {
  const { trail } = openTrail()
  const { request, response, sent } = newRequest()
  trail.watch(request, response)
  trail.asked(request, principal, () => [{ action: 'eventbridge:PutEvents', resource: '*' }])
  response.end('answer')
  expect(sent).toHaveLength(1)
})

test('a flood is bounded: what does not fit is dropped, counted, logged once, and answered', async () => {
  const { trail, seen, open } = openTrail()
  const flood = waitingCallsMax + 5_000
  const calls = Array.from({ length: flood }, () => call(trail))
  await Promise.resolve()
  expect(calls.filter(({ sent }) => sent.length > 0)).toHaveLength(5_000)
  expect(seen.dropped).toBe(5_000)
  expect(seen.lines).toBe(1)
  open()
  await trail.settled()
  expect(seen).toEqual({
    accepted: waitingCallsMax,
    recorded: waitingCallsMax,
    dropped: 5_000,
    late: 0,
    lines: 1,
  })
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

test('whether a refused key exists is looked up when the answer has left', async () => {
  const { trail, seen, open } = openTrail()
  open()
  trail.refused(newRequest('Bearer MR1.guess').request, 'auth.unauthenticated', unauthenticated().message)
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
  expect(seen.accepted).toBe(0)
  await trail.settled()
  expect(seen.recorded).toBe(1)
})

test('a bus that takes nothing is counted, and fails nobody', async () => {
  const error = new AppError('bus.log-full', 'the log is full')
  const { trail, seen, open } = openTrail({ status: 'refused', id: '1', error })
  const { sent } = call(trail)
  open()
  await trail.settled()
  expect(seen).toMatchObject({ recorded: 0, dropped: 1, lines: 1 })
  expect(sent).toHaveLength(1)
})

test('what is disposed of has recorded all that it was told', async () => {
  const { trail, seen, open } = openTrail()
  call(trail)
  open()
  await trail[Symbol.asyncDispose]()
  expect(seen.recorded).toBe(1)
})
