import { expect, test } from 'vitest'
import { untilAborted } from './until-aborted.ts'

const reason = new Error('enough')

test('the outcome of the work comes through, and nobody listens to the signal any more', async () => {
  const { signal } = new AbortController()
  expect(await untilAborted(Promise.resolve(1), signal)).toBe(1)
  await expect(untilAborted(Promise.reject(new Error('broken')), signal)).rejects.toThrow('broken')
})

test('an abort ends the waiting, and what becomes of the work after it is nobody’s failure', async () => {
  const abort = new AbortController()
  const work = Promise.withResolvers<never>()
  const waiting = untilAborted(work.promise, abort.signal)
  abort.abort(reason)
  await expect(waiting).rejects.toBe(reason)
  work.reject(new Error('too late'))
  await expect(work.promise).rejects.toThrow('too late')
})

test('a signal that has aborted before ends the waiting at once', async () => {
  const never = new Promise<never>(() => {})
  await expect(untilAborted(never, AbortSignal.abort(reason))).rejects.toBe(reason)
})
