import { expect, test } from 'vitest'
import { defaultHashCost, hashesAtOnceMax, hashesWaitingMax, PasswordHasher } from './password-hash.ts'

const cheap = { cost: 2 ** 4, blockSize: 8, parallelization: 1 }

test('a hash knows its password, however its letters are composed, and no other', async () => {
  const hasher = new PasswordHasher(cheap)
  const stored = await hasher.hash('Stra\u00DFencaf\u00E9 12')

  expect(await hasher.isSame('Stra\u00DFencafe\u0301 12', stored)).toBe(true)
  expect(await hasher.isSame('Strassencafe 12', stored)).toBe(false)
  expect(await hasher.hash('Stra\u00DFencaf\u00E9 12')).not.toBe(stored)
})

test('nobody has no password, not even the empty one', async () => {
  expect(await new PasswordHasher(cheap).isSame('', undefined)).toBe(false)
})

test('a hash that was made at another cost is still known', async () => {
  const stored = await new PasswordHasher(cheap).hash('correct horse battery')
  const dearer = new PasswordHasher({ ...cheap, cost: 2 ** 6 })
  expect(await dearer.isSame('correct horse battery', stored)).toBe(true)
})

test('unless told, a hash costs what its text says: 32 MiB, three times', async () => {
  expect(128 * defaultHashCost.cost * defaultHashCost.blockSize).toBe(32 * 1_024 * 1_024)
  expect(await new PasswordHasher().hash('correct horse battery')).toMatch(/^scrypt\$32768\$8\$3\$/)
})

test('more than may wait are refused, and those that wait are served', async () => {
  const hasher = new PasswordHasher(cheap)
  const most = hashesAtOnceMax + hashesWaitingMax
  const outcomes = await Promise.allSettled(Array.from({ length: most + 3 }, () => hasher.hash('a password')))

  const refused = outcomes.filter(({ status }) => status === 'rejected')
  expect(refused).toHaveLength(3)
  expect(refused[0]).toMatchObject({ reason: { code: 'login.busy', retry: { kind: 'after' } } })
  // No turn is lost by those that were refused.
  expect(await hasher.isSame('a password', await hasher.hash('a password'))).toBe(true)
})
