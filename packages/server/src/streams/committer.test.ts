import { AppError, retryBackoff, retryNever, type SourceRecord } from '@millrace/spi'
import { FakeClock, seededRandom } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { Committer } from './committer.ts'

const record = (id: string, partition = ''): SourceRecord => ({ event: new Uint8Array(0), id, partition })

/** A committer over a source that answers when told to. */
function open(isOrdered = false) {
  const clock = new FakeClock()
  const calls: { readonly ids: string[]; readonly answer: PromiseWithResolvers<void> }[] = []
  const released: string[] = []
  const errors: string[] = []
  const committer = new Committer({
    source: {
      commit: records => {
        const answer = Promise.withResolvers<void>()
        calls.push({ ids: records.map(({ id }) => id), answer })
        return answer.promise
      },
    },
    isOrdered,
    clock,
    random: seededRandom(1),
    pauseMsMax: 30_000,
    onReleased: (records, isLost) => void released.push(...records.map(({ id }) => (isLost ? `-${id}` : id))),
    onError: ({ code }) => void errors.push(code),
  })
  return { clock, calls, released, errors, committer }
}

test('one call at a time; what becomes done meanwhile goes with the next', async () => {
  const { clock, calls, released, committer } = open()
  committer.add(record('a'))
  committer.add(record('b'))
  await clock.settle()
  committer.add(record('c'))
  committer.add(record('d'))
  await clock.settle()
  expect(calls.map(({ ids }) => ids)).toEqual([['a', 'b']])
  calls[0]!.answer.resolve()
  await clock.settle()
  expect(calls.map(({ ids }) => ids)).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ])
  expect(released).toEqual(['a', 'b'])
})

test('a commit that fails is repeated before what came later', async () => {
  const { clock, calls, released, errors, committer } = open()
  committer.add(record('a'))
  await clock.settle()
  committer.add(record('b'))
  calls[0]!.answer.reject(new AppError('source.unavailable', 'away', retryBackoff))
  await clock.advance(1_000)
  expect(calls.map(({ ids }) => ids)).toEqual([['a'], ['a', 'b']])
  calls[1]!.answer.resolve()
  await committer.flush()
  expect([released, errors, committer.isIdle]).toEqual([['a', 'b'], ['source.unavailable'], true])
})

test('records that have another reader are let go', async () => {
  const { clock, calls, released, errors, committer } = open()
  committer.add(record('a'))
  await clock.settle()
  calls[0]!.answer.reject(new AppError('source.lost', 'another reader', retryNever))
  await committer.flush()
  expect([released, errors]).toEqual([['-a'], []])
})

test('giving up ends a pause, and nothing is committed any more', async () => {
  const { clock, calls, committer } = open()
  committer.add(record('a'))
  await clock.settle()
  calls[0]!.answer.reject(new AppError('source.unavailable', 'away', retryBackoff))
  await clock.settle()
  committer.giveUp()
  await committer.flush()
  committer.add(record('b'))
  await clock.advance(60_000)
  expect([calls.length, clock.pending]).toEqual([1, 0])
})

const lost = (): AppError => new AppError('source.lost', 'another reader', retryNever)

test('where order is kept, a partition that is lost says nothing of the others', async () => {
  const { clock, calls, released, committer } = open(true)
  committer.add(record('a', 'p'))
  committer.add(record('b', 'q'))
  await clock.settle()
  expect(calls.map(({ ids }) => ids)).toEqual([['a'], ['b']])
  calls[0]!.answer.reject(lost())
  calls[1]!.answer.resolve()
  await committer.flush()
  expect(released).toEqual(['-a', 'b'])
})

test('of a partition that went and came back, the last record stands for all', async () => {
  const { clock, calls, released, committer } = open(true)
  committer.add(record('old', 'p'))
  committer.add(record('new', 'p'))
  await clock.settle()
  calls[0]!.answer.reject(lost())
  await clock.settle()
  expect(calls.map(({ ids }) => ids)).toEqual([['old', 'new'], ['new']])
  calls[1]!.answer.resolve()
  await committer.flush()
  expect(released).toEqual(['old', 'new'])
})
