import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type BusView, queueName, RuleSpec, type RuleVersion } from '../resources/index.ts'
import { route } from './route.ts'

const key = 'acme/b'

function version(rule: string, from: number, until: number, targets: readonly string[]): RuleVersion {
  const sink = { function: 'f' }
  const specs = targets.map(id => ({
    id,
    sink,
    parameters: {},
    retry: { strategy: 'BACKOFF_RETRY' as const },
    onExhausted: 'continue' as const,
    concurrencyMax: 1,
    timeoutMs: 1_000,
    paused: false,
  }))
  const spec: RuleSpec = {
    description: '',
    pattern: {},
    dialect: 'standard',
    state: 'enabled',
    start: 'tip',
    targets: specs,
  }
  return { account: 'acme', bus: 'b', rule, spec, from, until }
}

/** A bus whose matcher finds every version, which is what filtering by position is to be tested with. */
function view(versions: readonly RuleVersion[]): BusView {
  return {
    account: 'acme',
    name: 'b',
    key,
    spec: {
      description: '',
      durability: 'durable',
      retentionMs: 1_000,
      retentionBytesMax: 1_024,
      dedupWindowMs: 0,
      eventBytesMax: 256,
    },
    revision: 1,
    createdAtMs: 0,
    rules: new Map(),
    matcher: { size: versions.length, match: () => [...versions] },
    versions: () => versions,
  }
}

const versions = fc.array(
  fc.record({
    rule: fc.constantFrom('r', 's'),
    from: fc.nat(20),
    length: fc.nat(20),
    targets: fc.subarray(['t', 'u']),
  }),
  { maxLength: 6 },
)

test('each event goes to the targets of exactly the versions that were live at its position, in order', () => {
  fc.assert(
    fc.property(versions, fc.nat(20), (drawn, count) => {
      const live = drawn.map(({ rule, from, length, targets }) => version(rule, from, from + length, targets))
      const entries = Array.from({ length: count }, (_, index) => ({
        position: index + 1,
        bytes: new Uint8Array(0),
        acceptedAtMs: 0,
      }))
      const routed = route(view(live), entries)
      const seen = [...routed].flatMap(([queue, { entries: own }]) =>
        own.map(({ position }) => `${queue}@${position}`),
      )
      const wanted = live.flatMap(({ rule, spec, from, until }) =>
        spec.targets.flatMap(({ id }) =>
          entries
            .filter(({ position }) => from <= position && position < until)
            .map(({ position }) => `${queueName(key, rule, id)}@${position}`),
        ),
      )
      expect(seen.toSorted()).toEqual(wanted.toSorted())
      for (const { entries: own } of routed.values()) {
        expect(own.map(({ position }) => position)).toEqual(
          own.map(({ position }) => position).toSorted((a, b) => a - b),
        )
      }
    }),
  )
})

test('a queue is live when a version without an end put into it', () => {
  const past = version('r', 1, 5, ['t'])
  const present = version('r', 5, Number.POSITIVE_INFINITY, ['t', 'u'])
  const at = (position: number) => [{ position, bytes: new Uint8Array(0), acceptedAtMs: 0 }]
  expect(route(view([past, present]), at(4)).get(queueName(key, 'r', 't'))?.isLive).toBe(false)
  expect(route(view([past, present]), at(5)).get(queueName(key, 'r', 't'))?.isLive).toBe(true)
})
