import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isBehind, lsnText, parseLsn, type Position } from './position.ts'
import { Progress } from './progress.ts'

/** Transactions with so many changes each, at places 10, 20, …; their ends lie 5 behind. */
const script = fc.record({
  changes: fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 12 }),
  /** What happens between two messages: records that are committed, or a broken connection. */
  moves: fc.array(fc.constantFrom('none', 'commit', 'commit', 'break', 'idle'), {
    minLength: 20,
    maxLength: 60,
  }),
})

test('whatever breaks, each change is handed on once, and the server may forget only what is settled', () => {
  fc.assert(
    fc.property(script, ({ changes, moves }) => {
      const progress = new Progress()
      const received: Position[] = []
      let settled = 0
      const messages = messagesOf(changes)
      let at = 0
      for (const move of [...moves, ...messages.map(() => 'none')]) {
        if (move === 'commit' && settled < received.length) {
          progress.finish(received[settled]!)
          progress.settle(received[settled]!)
          settled++
        }
        if (move === 'break') {
          progress.interrupt()
          // The server sends again what was not acknowledged.
          at = messages.findIndex(({ endLsn }) => endLsn > progress.acknowledgeable)
          if (at < 0) at = messages.length
        }
        if (move === 'idle' && at === messages.length) progress.reach(10_000n)
        const message = messages[at]
        if (message !== undefined && move !== 'idle') {
          at++
          if (message.kind === 'change') {
            if (progress.receive(message.position)) received.push(message.position)
          } else if (message.kind === 'begin') progress.begin(message.lsn, Number(message.lsn))
          else progress.end(message.endLsn)
        }
        checkForgotten(progress, messages, received.slice(0, settled).at(-1))
      }
      const expected = messages.flatMap(message => (message.kind === 'change' ? [message.position] : []))
      expect(received).toEqual(expected.slice(0, received.length))
      for (const position of received) progress.settle(position)
      if (at === messages.length && received.length === expected.length) {
        progress.reach(10_000n)
        expect(progress.acknowledgeable).toBe(10_000n)
        expect(progress.oldestAtMs).toBeUndefined()
      }
    }),
  )
})

interface Bound {
  readonly kind: 'begin' | 'end'
  readonly lsn: bigint
  readonly endLsn: bigint
}

interface Changed {
  readonly kind: 'change'
  readonly position: Position
  readonly lsn: bigint
  readonly endLsn: bigint
}

type Message = Bound | Changed

function messagesOf(changes: readonly number[]): Message[] {
  return changes.flatMap((count, number): Message[] => {
    const lsn = BigInt(number + 1) * 10n
    const where = { lsn, endLsn: lsn + 5n }
    const rows = Array.from(
      { length: count },
      (_, index): Message => ({ ...where, kind: 'change', position: { lsn, index } }),
    )
    return [{ ...where, kind: 'begin' }, ...rows, { ...where, kind: 'end' }]
  })
}

/** Every change before the acknowledged place is settled. */
function checkForgotten(
  progress: Progress,
  messages: readonly Message[],
  settled: Position | undefined,
): void {
  for (const message of messages) {
    if (message.kind !== 'change' || message.endLsn > progress.acknowledgeable) continue
    expect(settled !== undefined && !isBehind(message.position, settled)).toBe(true)
  }
}

test('places are read as they are written', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), lsn => {
      expect(parseLsn(lsnText(lsn))).toBe(lsn)
    }),
  )
  expect(lsnText(0x16_b374_d848n)).toBe('16/B374D848')
  expect(() => parseLsn('16')).toThrow('not a position')
})
