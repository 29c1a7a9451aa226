import { type Documents, systemRandom } from '@millrace/spi'
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

class World {
  readonly clock = new FakeClock()
  readonly users = new Map(names.map(name => [`1/${name}`, { createdAtMs: 0 }]))
  readonly #documents: Documents
  sessions!: ConsoleSessions

  constructor(documents: Documents) {
    this.#documents = documents
  }

  async open(): Promise<void> {
    const standing = {
      source: () => ({ users: this.users, roles: new Map() }),
      keys: { find: (): KeyFound => expect.unreachable('no session here stands on a key') },
    }
    const { clock } = this
    const parts = { documents: this.#documents, standing, clock, random: systemRandom(clock) }
    this.sessions = await ConsoleSessions.open(parts, limits)
  }

  owner(name: Name): SessionOwner {
    const createdAtMs = this.users.get(`1/${name}`)?.createdAtMs ?? 0
    return { account: '1', way: 'password', actor: { kind: 'user', name }, user: { name, createdAtMs } }
  }

  isGood({ hasEnded, beganAtMs, seenAtMs, name, userCreatedAtMs }: Known): boolean {
    const nowMs = this.clock.nowMs()
    const isInTime = nowMs < beganAtMs + limits.sessionMs && nowMs < seenAtMs + limits.idleMs
    return !hasEnded && isInTime && this.users.get(`1/${name}`)?.createdAtMs === userCreatedAtMs
  }
}

test('whatever happens, also restarts, those are signed in who should be, and never more than may', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 50 }), async steps => {
      await using storage = await openStorage()
      const world = new World(storage.documents)
      await world.open()
      const known = new Map<string, Known>()
      const at = (index: number) => [...known].at(index % Math.max(1, known.size))
      for (const one of steps) {
        const good = [...known.values()].filter(session => world.isGood(session))
        switch (one.kind) {
          case 'begin': {
            const own = good
              .filter(({ name }) => name === one.name)
              .toSorted((left, right) => left.seenAtMs - right.seenAtMs || left.order - right.order)
            const surplus = own.slice(0, Math.max(0, own.length - limits.perOwnerMax + 1))
            const begun = world.sessions.begin(world.owner(one.name))
            if (good.length - surplus.length >= limits.sessionsMax) {
              await expect(begun).rejects.toMatchObject({ code: 'login.sessions-exhausted' })
              break
            }
            for (const session of surplus) session.hasEnded = true
            const nowMs = world.clock.nowMs()
            known.set((await begun).token, {
              name: one.name,
              userCreatedAtMs: world.users.get(`1/${one.name}`)?.createdAtMs ?? 0,
              beganAtMs: nowMs,
              seenAtMs: nowMs,
              order: known.size,
              hasEnded: false,
            })
            break
          }
          case 'use': {
            const [token, session] = at(one.at) ?? []
            if (token === undefined || session === undefined) break
            const isGood = world.isGood(session)
            expect((await world.sessions.use(token)) !== undefined).toBe(isGood)
            if (isGood) session.seenAtMs = world.clock.nowMs()
            else session.hasEnded = true
            break
          }
          case 'end': {
            const [token, session] = at(one.at) ?? []
            if (token === undefined || session === undefined) break
            await world.sessions.end(token)
            session.hasEnded = true
            break
          }
          case 'revoke':
            await world.sessions.revokeUser('1', one.name)
            for (const session of known.values()) session.hasEnded ||= session.name === one.name
            break
          case 'remake':
            world.users.set(`1/${one.name}`, { createdAtMs: world.clock.nowMs() })
            for (const session of known.values()) session.hasEnded ||= session.name === one.name
            await world.clock.advance(1)
            break
          case 'pass':
            await world.clock.advance(one.ms)
            break
          case 'restart':
            await world.open()
            break
        }
        const listed = world.sessions.list('1').length
        expect(listed).toBe([...known.values()].filter(session => world.isGood(session)).length)
        expect(listed).toBeLessThanOrEqual(limits.sessionsMax)
      }
      const stored = JSON.stringify(await storage.documents.list('console-session/'))
      for (const token of known.keys()) expect(stored).not.toContain(token)
    }),
    { numRuns: 150 },
  )
})

test('a session that is not used for long is told again at a restart, at most a minute younger', async () => {
  await using storage = await openStorage()
  const world = new World(storage.documents)
  const parts = {
    documents: storage.documents,
    standing: {
      source: () => ({ users: world.users, roles: new Map() }),
      keys: { find: () => expect.unreachable() },
    },
    clock: world.clock,
    random: systemRandom(world.clock),
  }
  const sessions = await ConsoleSessions.open(parts)
  const { token, session } = await sessions.begin(world.owner('a'))
  await world.clock.advance(59_999)
  await sessions.use(token)
  const again = await ConsoleSessions.open(parts)

  expect(again.list('1')).toMatchObject([{ id: session.id, seenAtMs: session.createdAtMs }])
  await world.clock.advance(1)
  await again.use(token)
  expect((await ConsoleSessions.open(parts)).list('1')[0]?.seenAtMs).toBe(session.createdAtMs + 60_000)
})
