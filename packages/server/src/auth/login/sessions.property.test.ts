import { AppError, type Documents, systemRandom } from '@millrace/spi'
import { FakeClock } from '@millrace/spi/conformance'
import { openStorage } from '@millrace/storage-memory'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { KeyFound } from '../key-directory.ts'
import type { SessionOwner } from './session-owner.ts'
import { ConsoleSessions, type SessionLimits } from './sessions.ts'

const limits: SessionLimits = {
  sessionMs: 10_000,
  idleMs: 3_000,
  perOwnerMax: 2,
  sessionsMax: 5,
  seenWriteMs: 0,
}
const names = ['a', 'b', 'c', 'd'] as const
type Name = (typeof names)[number]

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('begin' as const), name: fc.constantFrom(...names) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('use' as const), at: fc.nat(30) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(1, 900, 2_999, 3_000) }),
  },
  fc.record({ kind: fc.constant('end' as const), at: fc.nat(30) }),
  fc.record({ kind: fc.constant('revoke' as const), name: fc.constantFrom(...names) }),
  fc.record({ kind: fc.constant('remake' as const), name: fc.constantFrom(...names) }),
  fc.record({ kind: fc.constant('restart' as const) }),
)

/** What a session is to the oracle. */
interface Known {
  readonly name: Name
  readonly userCreatedAtMs: number
  readonly beganAtMs: number
  readonly order: number
  seenAtMs: number
  hasEnded: boolean
}

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

/** The sessions, and beside them what is known of each: every question is answered by looking at all. */
class World {
  readonly clock = new FakeClock()
  readonly users = new Map(names.map(name => [`1/${name}`, { createdAtMs: 0 }]))
  readonly #documents: Documents
  readonly #known = new Map<string, Known>()
  #sessions: ConsoleSessions | undefined

  constructor(documents: Documents) {
    this.#documents = documents
  }

  get sessions(): ConsoleSessions {
    if (this.#sessions === undefined) throw new Error('the world is not open')
    return this.#sessions
  }

  get tokens(): Iterable<string> {
    return this.#known.keys()
  }

  async open(limitsOfWorld?: SessionLimits): Promise<void> {
    const standing = {
      source: () => ({ users: this.users, roles: new Map() }),
      keys: { find: (): KeyFound => expect.unreachable('no session here stands on a key') },
      passwordChangedAtMs: () => undefined,
    }
    const { clock } = this
    const parts = { documents: this.#documents, standing, clock, random: systemRandom(clock) }
    this.#sessions = await ConsoleSessions.open(parts, limitsOfWorld)
  }

  owner(name: Name): SessionOwner {
    return { account: '1', way: 'password', actor: { kind: 'user', name }, user: this.#made(name) }
  }

  good(): Known[] {
    return [...this.#known.values()].filter(session => this.#isGood(session))
  }

  async take(one: Step): Promise<void> {
    switch (one.kind) {
      case 'begin':
        return await this.#begin(one.name)
      case 'use':
        return await this.#use(one.at)
      case 'end':
        return await this.#end(one.at)
      case 'revoke':
        await this.sessions.revokeUser('1', one.name)
        return this.#endOf(one.name)
      case 'remake':
        this.users.set(`1/${one.name}`, { createdAtMs: this.clock.nowMs() })
        await this.clock.advance(1)
        return this.#endOf(one.name)
      case 'pass':
        return await this.clock.advance(one.ms)
      case 'restart':
        return await this.open(limits)
    }
  }

  async #begin(name: Name): Promise<void> {
    const good = this.good()
    const own = good
      .filter(session => session.name === name)
      .toSorted((left, right) => left.seenAtMs - right.seenAtMs || left.order - right.order)
    const surplus = own.slice(0, Math.max(0, own.length - limits.perOwnerMax + 1))
    const begun = this.sessions.begin(this.owner(name))
    if (good.length - surplus.length >= limits.sessionsMax) {
      await expect(begun).rejects.toMatchObject({ code: 'login.sessions-exhausted' })
      return
    }
    for (const session of surplus) session.hasEnded = true
    const nowMs = this.clock.nowMs()
    this.#known.set((await begun).token, {
      name,
      userCreatedAtMs: this.#made(name).createdAtMs,
      beganAtMs: nowMs,
      seenAtMs: nowMs,
      order: this.#known.size,
      hasEnded: false,
    })
  }

  async #use(at: number): Promise<void> {
    const [token, session] = this.#at(at)
    if (session === undefined) return
    const isGood = this.#isGood(session)
    expect((await this.sessions.use(token)) !== undefined).toBe(isGood)
    if (isGood) session.seenAtMs = this.clock.nowMs()
    else session.hasEnded = true
  }

  async #end(at: number): Promise<void> {
    const [token, session] = this.#at(at)
    await this.sessions.end(token)
    if (session !== undefined) session.hasEnded = true
  }

  #at(index: number): readonly [string, Known | undefined] {
    return [...this.#known].at(index % Math.max(1, this.#known.size)) ?? ['none', undefined]
  }

  #endOf(name: Name): void {
    for (const session of this.#known.values()) session.hasEnded ||= session.name === name
  }

  #made(name: Name): { readonly name: Name; readonly createdAtMs: number } {
    return { name, createdAtMs: this.users.get(`1/${name}`)?.createdAtMs ?? 0 }
  }

  #isGood({ hasEnded, beganAtMs, seenAtMs, name, userCreatedAtMs }: Known): boolean {
    const nowMs = this.clock.nowMs()
    const isInTime = nowMs < beganAtMs + limits.sessionMs && nowMs < seenAtMs + limits.idleMs
    return !hasEnded && isInTime && this.#made(name).createdAtMs === userCreatedAtMs
  }
}

test('whatever happens, also restarts, those are signed in who should be, and never more than may', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 50 }), async steps => {
      await using storage = await openStorage()
      const world = new World(storage.documents)
      await world.open(limits)
      for (const one of steps) {
        await world.take(one)
        const listed = world.sessions.list('1').length
        expect(listed).toBe(world.good().length)
        expect(listed).toBeLessThanOrEqual(limits.sessionsMax)
      }
      const stored = JSON.stringify(await storage.documents.list('console-session/'))
      for (const token of world.tokens) expect(stored).not.toContain(token)
    }),
    { numRuns: 150 },
  )
})

test('the last use is written down once a minute: a restart forgets no more than that', async () => {
  await using storage = await openStorage()
  const world = new World(storage.documents)
  await world.open()
  const { token, session } = await world.sessions.begin(world.owner('a'))
  await world.clock.advance(59_999)
  await world.sessions.use(token)
  await world.open()

  expect(world.sessions.list('1')).toMatchObject([{ id: session.id, seenAtMs: session.createdAtMs }])
  await world.clock.advance(1)
  await world.sessions.use(token)
  await world.open()
  expect(world.sessions.list('1')[0]?.seenAtMs).toBe(session.createdAtMs + 60_000)
})

test('a full disk keeps nobody from looking, but lets nobody in whose session is not kept', async () => {
  await using storage = await openStorage()
  let isFull = false
  const documents: Documents = {
    get: key => storage.documents.get(key),
    list: (prefix, options) => storage.documents.list(prefix, options),
    delete: key => storage.documents.delete(key),
    watch: (prefix, listener) => storage.documents.watch(prefix, listener),
    put: (key, value) =>
      isFull
        ? Promise.reject(new AppError('storage.full', 'the disk is full'))
        : storage.documents.put(key, value),
  }
  const world = new World(documents)
  await world.open(limits)
  const { token } = await world.sessions.begin(world.owner('a'))
  isFull = true

  expect(await world.sessions.use(token)).toBeDefined()
  await expect(world.sessions.begin(world.owner('b'))).rejects.toMatchObject({ code: 'storage.full' })
  expect(world.sessions.list('1')).toHaveLength(1)
})

test('a session by a password that was changed meanwhile is none', async () => {
  await using storage = await openStorage()
  let changedAtMs = 1
  const clock = new FakeClock()
  const standing = {
    source: () => ({ users: new Map([['1/a', { createdAtMs: 0 }]]), roles: new Map() }),
    keys: { find: (): KeyFound => expect.unreachable('no session here stands on a key') },
    passwordChangedAtMs: () => changedAtMs,
  }
  const { documents } = storage
  const sessions = await ConsoleSessions.open({ documents, standing, clock, random: systemRandom(clock) })
  const user = { name: 'a', createdAtMs: 0 }
  const owner: SessionOwner = { account: '1', way: 'password', actor: { kind: 'user', name: 'a' }, user }
  const { token } = await sessions.begin({ ...owner, passwordChangedAtMs: changedAtMs })
  expect(await sessions.use(token)).toBeDefined()
  changedAtMs = 2

  expect(await sessions.use(token)).toBeUndefined()
})
