import { expect, test } from 'vitest'
import { BootLine } from './boot-line.ts'

const never = new AbortController().signal

/** A line in which so many boot for one function already, and the names of those that began after them. */
function fullLine(bootsMax: number): {
  readonly enter: (key: string, name: string, signal?: AbortSignal) => Promise<void>
  readonly begun: string[]
  readonly boots: Promise<Disposable>[]
} {
  const line = new BootLine(bootsMax)
  const begun: string[] = []
  const boots = Array.from({ length: bootsMax }, () => line.enter('crashing', never))
  return {
    begun,
    boots,
    async enter(key, name, signal = never) {
      using _boot = await line.enter(key, signal)
      begun.push(name)
    },
  }
}

test('no more boot at once than may', async () => {
  const { boots, begun, enter } = fullLine(2)
  const third = enter('good', 'third')
  await Promise.all(boots)
  expect(begun).toEqual([])

  const boot = await boots[0]
  boot?.[Symbol.dispose]()
  boot?.[Symbol.dispose]()
  await third

  expect(begun).toEqual(['third'])
})

test('who boots the fewest is next, then who came first', async () => {
  const { boots, begun, enter } = fullLine(2)
  const waiting = [enter('crashing', 'third of many'), enter('good', 'first'), enter('other', 'second')]
  ;(await boots[0])?.[Symbol.dispose]()
  await Promise.all(waiting)

  expect(begun).toEqual(['first', 'second', 'third of many'])
})

test('who gives up leaves the line', async () => {
  const { boots, begun, enter } = fullLine(1)
  const given = new AbortController()
  const leaving = enter('good', 'gone', given.signal)
  const staying = enter('good', 'stays')
  given.abort(new Error('given up'))

  await expect(leaving).rejects.toThrow('given up')
  await expect(enter('good', 'late', given.signal)).rejects.toThrow('given up')
  ;(await boots[0])?.[Symbol.dispose]()
  await staying
  expect(begun).toEqual(['stays'])
})
