import { expect } from 'vitest'
import type { Delivery } from '../storage.ts'
import { delivery, entries, put, type StorageCase, text, unlimited } from './storage-fixture.ts'

/** Cases of the `Queue` port. */
export function queueCases(check: StorageCase): void {
  commitCases(check)
  viewCases(check)
  laneCases(check)
  statCases(check)
  dropCases(check)
}

const positions = (deliveries: readonly Delivery[]): number[] => deliveries.map(each => each.position)

function commitCases(check: StorageCase): void {
  check(
    'a change of cursors, deliveries and journal is applied as a whole and visible when it resolves',
    async s => {
      await s.queue.commit({
        cursors: [{ name: 'c', position: 9 }],
        ...put('q', delivery(1), delivery(2)),
        journal: [{ log: 'j', entries: entries(2) }],
      })
      expect(await s.queue.cursor('c')).toBe(9)
      expect(positions(await s.queue.read('q', { kind: 'fresh', after: 0 }, 10))).toEqual([1, 2])
      expect((await s.log.read('j', 1, unlimited)).map(e => text(e.bytes))).toEqual(['e1', 'e2'])
    },
  )

  check('journal entries and appends share the positions of a log', async s => {
    await s.log.append('j', entries(2))
    const committed = s.queue.commit({ journal: [{ log: 'j', entries: entries(2, 3) }] })
    const appended = s.log.append('j', entries(1, 5))
    await committed
    expect(await appended).toBe(5)
    expect((await s.log.read('j', 1, unlimited)).map(e => text(e.bytes))).toEqual([
      'e1',
      'e2',
      'e3',
      'e4',
      'e5',
    ])
  })

  check('a cursor that was never moved is undefined; the last move counts', async ({ queue }) => {
    expect(await queue.cursor('c')).toBeUndefined()
    await queue.commit({ cursors: [{ name: 'c', position: 1 }] })
    await queue.commit({ cursors: [{ name: 'c', position: 5 }] })
    expect(await queue.cursor('c')).toBe(5)
  })

  check(
    'put replaces the delivery with the same queue and position, whatever its state was',
    async ({ queue }) => {
      const states: Partial<Delivery>[] = [
        {},
        { attempts: 1, dueAtMs: 50 },
        { lane: 'k' },
        { attempts: 2, dueAtMs: 70, lane: 'l' },
        { attempts: 3, dueAtMs: 90 },
        { attempts: 4 },
      ]
      for (const state of [...states, ...states.toReversed()]) {
        await queue.commit(put('q', delivery(3, state)))
        expect(await queue.read('q', { kind: 'all', after: 0 }, 10)).toEqual([delivery(3, state)])
        expect((await queue.stat('q')).pending).toBe(1)
      }
      await queue.commit({ remove: [{ queue: 'q', position: 3 }] })
      expect(await queue.stat('q')).toEqual({ pending: 0, oldestPosition: undefined, nextDueAtMs: undefined })
      expect(await queue.lanes('q', 10)).toEqual([])
    },
  )

  check('removing what is not there is passed over and counts nothing', async ({ queue }) => {
    await queue.commit({ ...put('q', delivery(5)), remove: [{ queue: 'none', position: 1 }] })
    await queue.commit({
      remove: [
        { queue: 'q', position: 4 },
        { queue: 'q', position: 6 },
      ],
    })
    await queue.commit({
      remove: [
        { queue: 'q', position: 5 },
        { queue: 'q', position: 5 },
      ],
    })
    expect((await queue.stat('q')).pending).toBe(0)
  })

  check('within one change puts come before removes, and of two puts the last counts', async ({ queue }) => {
    await queue.commit({
      ...put('q', delivery(1), delivery(2), delivery(2, { attempts: 7 })),
      remove: [{ queue: 'q', position: 1 }],
    })
    expect(await queue.read('q', { kind: 'all', after: 0 }, 10)).toEqual([delivery(2, { attempts: 7 })])
    expect((await queue.stat('q')).pending).toBe(1)
  })

  check('changes that are under way together are applied in the order of the calls', async ({ queue }) => {
    await Promise.all([
      queue.commit({ ...put('q', delivery(1)), cursors: [{ name: 'c', position: 1 }] }),
      queue.commit({ remove: [{ queue: 'q', position: 1 }], cursors: [{ name: 'c', position: 2 }] }),
      queue.commit(put('q', delivery(1, { attempts: 2, dueAtMs: 9 }))),
      queue.commit(put('q', delivery(2))),
      queue.commit({ remove: [{ queue: 'q', position: 2 }] }),
    ])
    expect(await queue.read('q', { kind: 'all', after: 0 }, 10)).toEqual([
      delivery(1, { attempts: 2, dueAtMs: 9 }),
    ])
    expect(await queue.cursor('c')).toBe(2)
    expect((await queue.stat('q')).pending).toBe(1)
  })

  check(
    'a durable commit is there after closing and opening, with counts and cursors',
    async ({ queue }, fixture) => {
      await queue.commit(
        {
          ...put('q', delivery(1), delivery(2, { attempts: 1, dueAtMs: 40 }), delivery(3, { lane: 'k' })),
          cursors: [{ name: 'c', position: 3 }],
        },
        'durable',
      )
      const before = await queue.stat('q')
      const again = await fixture.reopen()
      expect(await again.queue.stat('q')).toEqual(before)
      expect(await again.queue.cursor('c')).toBe(3)
      expect(positions(await again.queue.read('q', { kind: 'all', after: 0 }, 10))).toEqual([1, 2, 3])
      await again.queue.commit({ remove: [{ queue: 'q', position: 2 }] })
      expect(await again.queue.stat('q')).toEqual({ pending: 2, oldestPosition: 1, nextDueAtMs: undefined })
    },
  )
}

function viewCases(check: StorageCase): void {
  check(
    'fresh are those in no lane and not put off, above a position, ascending, up to the limit',
    async s => {
      await s.queue.commit(
        put(
          'q',
          delivery(5),
          delivery(1),
          delivery(3, { dueAtMs: 10, attempts: 1 }),
          delivery(4, { lane: 'k' }),
          delivery(2),
        ),
      )
      await s.queue.commit(put('other', delivery(1)))
      expect(positions(await s.queue.read('q', { kind: 'fresh', after: 0 }, 10))).toEqual([1, 2, 5])
      expect(positions(await s.queue.read('q', { kind: 'fresh', after: 1 }, 10))).toEqual([2, 5])
      expect(positions(await s.queue.read('q', { kind: 'fresh', after: 0 }, 2))).toEqual([1, 2])
      expect(await s.queue.read('q', { kind: 'fresh', after: 0 }, 0)).toEqual([])
    },
  )

  check('due are those put off whose time has come, ascending by time, then position', async ({ queue }) => {
    await queue.commit(
      put(
        'q',
        delivery(1, { attempts: 1, dueAtMs: 300 }),
        delivery(2, { attempts: 1, dueAtMs: 100 }),
        delivery(3, { attempts: 2, dueAtMs: 200.5 }),
        delivery(4),
        delivery(5, { attempts: 1, dueAtMs: 100 }),
        delivery(6, { attempts: 1, dueAtMs: 50, lane: 'k' }),
      ),
    )
    expect(positions(await queue.read('q', { kind: 'due', nowMs: 99 }, 10))).toEqual([])
    expect(positions(await queue.read('q', { kind: 'due', nowMs: 100 }, 10))).toEqual([2, 5])
    expect(positions(await queue.read('q', { kind: 'due', nowMs: 1_000 }, 10))).toEqual([2, 5, 3, 1])
    expect(positions(await queue.read('q', { kind: 'due', nowMs: 1_000 }, 3))).toEqual([2, 5, 3])
  })

  check('all are all, above a position, ascending, up to the limit', async ({ queue }) => {
    await queue.commit(
      put('q', delivery(4), delivery(2, { attempts: 1, dueAtMs: 9 }), delivery(3, { lane: 'k' })),
    )
    expect(positions(await queue.read('q', { kind: 'all', after: 0 }, 10))).toEqual([2, 3, 4])
    expect(positions(await queue.read('q', { kind: 'all', after: 2 }, 1))).toEqual([3])
  })

  check('a queue that nothing was put into reads as empty', async ({ queue }) => {
    expect(await queue.read('none', { kind: 'fresh', after: 0 }, 10)).toEqual([])
    expect(await queue.read('none', { kind: 'due', nowMs: 1 }, 10)).toEqual([])
    expect(await queue.read('none', { kind: 'lane', lane: 'k' }, 10)).toEqual([])
    expect(await queue.read('none', { kind: 'all', after: 0 }, 10)).toEqual([])
    expect(await queue.lanes('none', 10)).toEqual([])
    expect(await queue.stat('none')).toEqual({
      pending: 0,
      oldestPosition: undefined,
      nextDueAtMs: undefined,
    })
  })

  check('every field of a delivery comes back as it was put', async ({ queue }) => {
    const full = delivery(9_007_199_254_740_000, {
      attempts: 176,
      dueAtMs: 1_764_000_000_000,
      enqueuedAtMs: 1_763_999_999_999.5,
      lane: 'ключ\u0000🗝',
    })
    await queue.commit(put('q', full, delivery(4_294_967_296, { attempts: 3 })))
    expect(await queue.read('q', { kind: 'all', after: 0 }, 10)).toEqual([
      delivery(4_294_967_296, { attempts: 3 }),
      full,
    ])
  })
}

function laneCases(check: StorageCase): void {
  check('a lane gives its deliveries ascending by position, due or not', async ({ queue }) => {
    await queue.commit(
      put(
        'q',
        delivery(7, { lane: 'a' }),
        delivery(3, { lane: 'a', attempts: 2, dueAtMs: 99 }),
        delivery(4, { lane: 'ab' }),
        delivery(5, { lane: 'a\u0000b' }),
      ),
    )
    expect(positions(await queue.read('q', { kind: 'lane', lane: 'a' }, 10))).toEqual([3, 7])
    expect(positions(await queue.read('q', { kind: 'lane', lane: 'a' }, 1))).toEqual([3])
    expect(positions(await queue.read('q', { kind: 'lane', lane: 'a\u0000b' }, 10))).toEqual([5])
    expect(positions(await queue.read('q', { kind: 'lane', lane: 'b' }, 10))).toEqual([])
  })

  check(
    'lanes are the names that hold deliveries, in order, each once, up to the limit',
    async ({ queue }) => {
      const names = ['b', 'a', 'é', 'ab', 'a', '🗝', 'a\u0000']
      await queue.commit(put('q', ...names.map((lane, index) => delivery(index + 1, { lane })), delivery(90)))
      await queue.commit(put('r', delivery(1, { lane: 'other' })))
      expect(await queue.lanes('q', 10)).toEqual(['a', 'a\u0000', 'ab', 'b', 'é', '🗝'])
      expect(await queue.lanes('q', 2)).toEqual(['a', 'a\u0000'])
      await queue.commit({ remove: [{ queue: 'q', position: 1 }] })
      expect(await queue.lanes('q', 4)).toEqual(['a', 'a\u0000', 'ab', 'é'])
    },
  )
}

function statCases(check: StorageCase): void {
  check(
    'stat counts what is pending and names the lowest position and the earliest due time',
    async ({ queue }) => {
      await queue.commit(
        put(
          'q',
          delivery(8),
          delivery(9, { attempts: 1, dueAtMs: 70 }),
          delivery(10, { attempts: 1, dueAtMs: 60 }),
        ),
      )
      await queue.commit(put('q', delivery(5, { lane: 'k', dueAtMs: 10, attempts: 1 })))
      expect(await queue.stat('q')).toEqual({ pending: 4, oldestPosition: 5, nextDueAtMs: 60 })
      await queue.commit({
        remove: [
          { queue: 'q', position: 5 },
          { queue: 'q', position: 10 },
        ],
      })
      expect(await queue.stat('q')).toEqual({ pending: 2, oldestPosition: 8, nextDueAtMs: 70 })
      await queue.commit({ remove: [{ queue: 'q', position: 8 }] })
      expect(await queue.stat('q')).toEqual({ pending: 1, oldestPosition: 9, nextDueAtMs: 70 })
    },
  )
}

function dropCases(check: StorageCase): void {
  check('drop removes the queue and the named cursors and leaves the others', async ({ queue }, fixture) => {
    await queue.commit({
      ...put('q', delivery(1), delivery(2, { attempts: 1, dueAtMs: 9 }), delivery(3, { lane: 'k' })),
      cursors: [
        { name: 'c', position: 1 },
        { name: 'd', position: 2 },
      ],
    })
    await queue.commit(put('r', delivery(1)))
    await queue.drop('q', ['c', 'unknown'])
    const expectDropped = async (storage: typeof fixture.storage): Promise<void> => {
      expect(await storage.queue.stat('q')).toEqual({
        pending: 0,
        oldestPosition: undefined,
        nextDueAtMs: undefined,
      })
      expect(await storage.queue.read('q', { kind: 'all', after: 0 }, 10)).toEqual([])
      expect(await storage.queue.cursor('c')).toBeUndefined()
      expect(await storage.queue.cursor('d')).toBe(2)
      expect((await storage.queue.stat('r')).pending).toBe(1)
    }
    await expectDropped(fixture.storage)
    const again = await fixture.reopen()
    await expectDropped(again)
    await again.queue.commit(put('q', delivery(7)))
    expect(await again.queue.read('q', { kind: 'all', after: 0 }, 10)).toEqual([delivery(7)])
  })

  check('a queue that is not there can be dropped, and its cursors with it', async ({ queue }) => {
    await queue.commit({ cursors: [{ name: 'c', position: 1 }] })
    await queue.drop('none', ['c'])
    expect(await queue.cursor('c')).toBeUndefined()
  })
}
