import { FakeClock } from '@millrace/spi/conformance'
import { openStorage } from '@millrace/storage-memory'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  type BusView,
  emptySnapshot,
  type QuotaName,
  type QuotaView,
  type Snapshot,
  type Snapshots,
} from '../resources/index.ts'
import { Quotas } from './quotas.ts'

const [account, other] = ['1', '2']
const orders = busOf(account, 'orders')
const more = busOf(account, 'more')
const theirs = busOf(other, 'orders')
const busBytes = new Map<string, number>()
let clock: FakeClock
let snapshots: ChangingSnapshots
let quotas: Quotas

function busOf(owner: string, name: string): BusView {
  return { account: owner, name, key: `${owner}/${name}`, rules: new Map() } as unknown as BusView
}

class ChangingSnapshots implements Snapshots {
  #now: Snapshot = {
    ...emptySnapshot,
    buses: new Map([orders, more, theirs, busOf(account, 'default')].map(bus => [bus.key, bus])),
  }
  readonly #listeners: ((next: Snapshot, previous: Snapshot) => void)[] = []

  current(): Snapshot {
    return this.#now
  }

  subscribe(listener: (next: Snapshot, previous: Snapshot) => void): Disposable {
    this.#listeners.push(listener)
    return { [Symbol.dispose]: () => {} }
  }

  change(part: object): void {
    const previous = this.#now
    this.#now = { ...previous, ...part }
    for (const listener of this.#listeners) listener(this.#now, previous)
  }

  set(owner: string, name: QuotaName, limit: number): void {
    const quota = { spec: { limit } } as QuotaView
    this.change({ quotas: new Map([...this.#now.quotas, [`${owner}/${name}`, quota]]) })
  }
}

beforeEach(async () => {
  clock = new FakeClock()
  snapshots = new ChangingSnapshots()
  busBytes.clear()
  quotas = new Quotas({
    clock,
    documents: (await openStorage()).documents,
    snapshots,
    busBytes: bus => busBytes.get(bus) ?? 0,
    codeBytes: async code => code.length,
    functionInstances: owner => (owner === account ? 4 : 0),
    foreignDocuments: () => 3,
  })
})

const rate = (quota: string, limit: number) => ({ code: 'quota.rate-exceeded', details: { quota, limit } })

describe('events', () => {
  test('are limited for the account, over all of its buses, and for nobody else', async () => {
    snapshots.set(account, 'events-per-second', 3)
    expect(quotas.takeEvents(orders, 2)).toBeUndefined()
    expect(quotas.takeEvents(more, 2)).toMatchObject({
      ...rate('events-per-second', 3),
      retry: { kind: 'after', delayMs: 334 },
    })
    expect(quotas.takeEvents(more, 1)).toBeUndefined()
    expect(quotas.takeEvents(theirs, 100)).toBeUndefined()
    await clock.advance(334)
    expect(quotas.takeEvents(more, 1)).toBeUndefined()
  })

  test('are limited for each bus; what one refuses counts nowhere', () => {
    snapshots.set(account, 'events-per-second', 5)
    snapshots.set(account, 'events-per-second-per-bus', 2)
    expect(quotas.takeEvents(orders, 2)).toBeUndefined()
    for (let count = 0; count < 10; count++) {
      expect(quotas.takeEvents(orders, 2)).toMatchObject(rate('events-per-second-per-bus', 2))
    }
    expect(quotas.takeEvents(more, 2)).toBeUndefined()
  })

  test('have the number of a compatible interface by that interface only, and no more by both than by one', () => {
    expect(quotas.takeEvents(orders, 3_000, 'eventbridge')).toBeUndefined()
    expect(quotas.takeEvents(orders, 1, 'eventbridge')).toMatchObject(
      rate('events-per-second-per-bus', 3_000),
    )
    expect(quotas.takeEvents(orders, 900_000, 'aws')).toBeUndefined()
    expect(quotas.takeEvents(orders, 97_000)).toBeUndefined()
    expect(quotas.takeEvents(orders, 1)).toMatchObject(rate('events-per-second', 1_000_000))
  })

  test('follow a limit that is set, also above the number of an interface', async () => {
    quotas.takeEvents(orders, 1, 'eventbridge')
    snapshots.set(account, 'events-per-second-per-bus', 10_000)
    await clock.advance(1_000)
    expect(quotas.takeEvents(orders, 10_000, 'eventbridge')).toBeUndefined()
    expect(quotas.takeEvents(orders, 1)).toMatchObject(rate('events-per-second-per-bus', 10_000))
  })

  test('of a bus that is made anew begin with a full second', () => {
    snapshots.set(account, 'events-per-second-per-bus', 2)
    quotas.takeEvents(orders, 2)
    snapshots.change({ buses: new Map([[theirs.key, theirs]]) })
    snapshots.change({ buses: new Map([orders, theirs].map(bus => [bus.key, bus])) })
    expect(quotas.takeEvents(orders, 2)).toBeUndefined()
  })
})

test('requests of each kind have a rate of their own, and each account its own', () => {
  snapshots.set(account, 'requests-per-second', 1)
  expect(quotas.takeRequest(account, 'requests-per-second')).toBeUndefined()
  expect(quotas.takeRequest(account, 'requests-per-second')).toMatchObject(rate('requests-per-second', 1))
  expect(quotas.takeRequest(account, 'message-requests-per-second')).toBeUndefined()
  expect(quotas.takeRequest(other, 'requests-per-second')).toBeUndefined()
})

describe('stored bytes', () => {
  const exceeded = (seen: number) => ({
    code: 'quota.bytes-exceeded',
    details: { quota: 'event-bytes', limit: 100, seen },
  })

  beforeEach(() => snapshots.set(account, 'event-bytes', 100))

  test('of all buses of the account count together, between two measures too', () => {
    busBytes.set(orders.key, 40).set(more.key, 40).set(theirs.key, 1_000)
    quotas.measure()
    expect(quotas.takeBytes(orders, 15)).toBeUndefined()
    expect(quotas.takeBytes(more, 15)).toMatchObject(exceeded(110))
    expect(quotas.takeBytes(theirs, 15)).toBeUndefined()
  })

  test('that retention has removed make room again', () => {
    expect(quotas.takeBytes(orders, 100)).toBeUndefined()
    expect(quotas.takeBytes(orders, 1)).toMatchObject(exceeded(101))
    busBytes.set(orders.key, 20)
    quotas.measure()
    expect(quotas.takeBytes(orders, 80)).toBeUndefined()
  })

  test('do not keep the built-in bus from recording, nor hidden buses from what was accepted already', () => {
    quotas.takeBytes(orders, 100)
    expect(quotas.takeBytes(busOf(account, 'default'), 50)).toBeUndefined()
    expect(quotas.takeBytes(busOf(account, '$calls'), 50)).toBeUndefined()
    busBytes.set(`${account}/default`, 1_000)
    quotas.measure()
    expect(quotas.takeBytes(orders, 100)).toBeUndefined()
  })
})

test('each code package counts once, whoever names it, and one that is there already always fits', async () => {
  const view = (key: string, code: string) => ({ account, key, spec: { code }, versions: new Map() })
  snapshots.change({
    functions: new Map([
      [
        '1/a',
        { ...view('1/a', 'aaaa'), versions: new Map([['1', { deployment: { spec: { code: 'bbb' } } }]]) },
      ],
      ['1/b', view('1/b', 'aaaa')],
      ['1/image', view('1/image', '')],
      ['2/a', { ...view('2/a', 'their code'), account: other }],
    ]),
    layers: new Map([['1/l:1', { account, name: 'l', spec: { code: 'bbb' } }]]),
  })
  snapshots.set(account, 'code-bytes', 10)
  await quotas.checkCode(account, 'ccc')
  await expect(quotas.checkCode(account, 'cccc')).rejects.toMatchObject({
    code: 'quota.bytes-exceeded',
    details: { quota: 'code-bytes', limit: 10, seen: 11 },
  })
  snapshots.set(account, 'code-bytes', 0)
  await quotas.checkCode(account, 'aaaa')
  await quotas.checkCode(account, '')
})

test('the states of an account tell limits, whether they were set, and what is used', async () => {
  snapshots.set(account, 'buses', 7)
  quotas.takeEvents(orders, 5)
  const states = new Map((await quotas.states(account)).map(state => [state.name, state]))
  expect(states.get('buses')).toMatchObject({ limit: 7, default: 1_000, isSet: true, used: 2 })
  expect(states.get('function-instances')).toMatchObject({ limit: 300, isSet: false, used: 4 })
  expect(states.get('events-per-second')).toMatchObject({ used: 5 })
  expect(states.get('foreign-documents')).toMatchObject({ used: 3 })
  const theirStates = new Map((await quotas.states(other)).map(state => [state.name, state]))
  expect(theirStates.get('buses')).toMatchObject({ limit: 1_000, isSet: false, used: 1 })
  expect(theirStates.get('events-per-second')).toMatchObject({ used: 0 })
})

test('code that replaces other code needs only the room that it takes more', async () => {
  const view = (key: string, code: string) => ({ account, key, spec: { code }, versions: new Map() })
  const kept = {
    ...view('1/b', 'cccc'),
    versions: new Map([['1', { deployment: { spec: { code: 'cccc' } } }]]),
  }
  snapshots.change({
    functions: new Map([
      ['1/a', view('1/a', 'aaaa')],
      ['1/b', kept],
    ] as const),
  })
  snapshots.set(account, 'code-bytes', 9)
  await quotas.checkCode(account, 'bbbbb', '1/a')
  const exceeded = { code: 'quota.bytes-exceeded' }
  await expect(quotas.checkCode(account, 'bbbbbb', '1/a')).rejects.toMatchObject(exceeded)
  // A version goes on to need what it is made of.
  await expect(quotas.checkCode(account, 'bbbbb', '1/b')).rejects.toMatchObject(exceeded)
  snapshots.set(account, 'code-bytes', 0)
  await quotas.checkCode(account, 'aaaa', '1/a')
})
