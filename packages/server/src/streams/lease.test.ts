import { type Leases, LocalLeases } from '@millrace/spi'
import { FakeClock } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { acquire, keep, type LeaseParts, release } from './lease.ts'

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

function open(leases?: Leases): { readonly clock: FakeClock; readonly of: (owner: string) => LeaseParts } {
  const clock = new FakeClock()
  const shared = leases ?? new LocalLeases(clock)
  return { clock, of: owner => ({ leases: shared, owner, leaseMs: 30_000, clock, log }) }
}

test('a lease has one holder, and whoever waits gets it when it is given back', async () => {
  const { clock, of } = open()
  const end = new AbortController()
  await acquire('t', of('a'), () => {}, end.signal)
  let isHeld = false
  const waiting = acquire('t', of('b'), () => {}, end.signal).then(() => (isHeld = true))
  const kept = keep('t', of('a'), end.signal)
  await clock.advance(120_000)
  expect(isHeld).toBe(false)
  end.abort(new Error('over'))
  expect(await kept).toBe('released')
  await expect(waiting).rejects.toThrow('over')
  await release('t', of('a'))
  await acquire('t', of('c'), () => {}, new AbortController().signal)
})

test('a lease that another has meanwhile is lost', async () => {
  const { clock, of } = open()
  const { signal } = new AbortController()
  await acquire('t', of('a'), () => {}, signal)
  await release('t', of('a'))
  await acquire('t', of('b'), () => {}, signal)
  const kept = keep('t', of('a'), signal)
  await clock.advance(10_000)
  expect(await kept).toBe('lost')
})

test('a storage that cannot tell is believed to hold the lease until it has run out', async () => {
  const leases: Leases = {
    acquire: () => Promise.reject(new Error('away')),
    release: () => Promise.resolve(),
    holder: () => Promise.resolve(undefined),
  }
  const { clock, of } = open(leases)
  let ended: string | undefined
  const kept = keep('t', of('a'), new AbortController().signal).then(how => (ended = how))
  await clock.advance(29_000)
  expect(ended).toBeUndefined()
  await clock.advance(1_000)
  expect(await kept).toBe('lost')
})
