import { expect, test } from 'vitest'
import { NonceLedger } from './nonce-ledger.ts'

const skewMsMax = 900_000

test('a nonce is taken once, whatever date it comes with', () => {
  const ledger = new NonceLedger({ skewMsMax })

  expect(ledger.take('a', 1_000_000, 1_000_000)).toBe('fresh')
  expect(ledger.take('a', 1_000_000, 1_000_500)).toBe('used')
  expect(ledger.take('a', 1_005_000, 1_005_000)).toBe('used')
  expect(ledger.take('b', 1_000_000, 1_000_500)).toBe('fresh')
})

test('nonces whose date would be refused anyway are forgotten', () => {
  const ledger = new NonceLedger({ skewMsMax })
  ledger.take('a', 1_000_000, 1_000_000)

  ledger.take('b', 2_000_000, 2_000_000)

  expect(ledger.size).toBe(1)
})

test('when it is full the oldest dates are refused, instead of a replay being let through', () => {
  const ledger = new NonceLedger({ skewMsMax, noncesMax: 3 })
  for (const [index, nonce] of ['a', 'b', 'c', 'd'].entries()) {
    expect(ledger.take(nonce, 1_000_000 + index * 1_000, 1_004_000)).toBe('fresh')
  }

  expect(ledger.size).toBe(3)
  expect(ledger.take('a', 1_000_000, 1_004_000)).toBe('stale')
  expect(ledger.take('new', 1_000_000, 1_004_000)).toBe('stale')
  expect(ledger.take('b', 1_001_000, 1_004_000)).toBe('used')
  expect(ledger.take('e', 1_004_000, 1_004_000)).toBe('fresh')
})
