import type { Checkpoints } from '@millrace/spi'
import { expect, test } from 'vitest'
import { pullsMax, Shard } from './shard.ts'

function checkpointsOf(stored: Map<string, string>): Checkpoints {
  return {
    load: name => Promise.resolve(stored.get(name)),
    save: (name, text) => Promise.resolve(void stored.set(name, text)),
  }
}

const stored = (): { map: Map<string, string>; checkpoints: Checkpoints } => {
  const map = new Map<string, string>()
  return { map, checkpoints: checkpointsOf(map) }
}

async function reopened(checkpoints: Checkpoints): Promise<Shard> {
  const shard = await Shard.load(3, checkpoints)
  if (shard === undefined) throw new Error('nothing is stored')
  return shard
}

/** Pulls so many groups, each of one record, behind which the given cursor stands. */
async function pull(shard: Shard, records: number, next: string) {
  const asked = shard.nextPull(100)!
  return { asked, ...(await shard.pulled(asked, { groups: records, records, next })) }
}

test('a shard that was never read has nothing stored, and begins where it is told', async () => {
  const { checkpoints } = stored()
  expect(await Shard.load(3, checkpoints)).toBeUndefined()
  await Shard.begin(3, checkpoints, 'c1')
  expect((await reopened(checkpoints)).nextPull(7)).toEqual({ cursor: 'c1', groups: 7 })
})

test('a pull that is not done is repeated as it was, then the next, then what is new', async () => {
  const { checkpoints } = stored()
  const first = await Shard.begin(3, checkpoints, 'c1')
  const one = await pull(first, 2, 'c2')
  await pull(first, 5, 'c3')
  await first.commit(one.pull, 0)

  const second = await reopened(checkpoints)
  const again = await pull(second, 2, 'c9')
  expect([again.asked, again.done]).toEqual([{ cursor: 'c1', groups: 2 }, 1])
  const other = await pull(second, 5, 'c9')
  expect([other.asked, other.done]).toEqual([{ cursor: 'c2', groups: 5 }, 0])
  expect(second.nextPull(100)).toEqual({ cursor: 'c3', groups: 100 })

  await second.commit(other.pull, 4)
  expect((await reopened(checkpoints)).nextPull(100)).toEqual({ cursor: 'c3', groups: 100 })
})

test('what is done is not handed out again', async () => {
  const { checkpoints } = stored()
  const shard = await Shard.begin(3, checkpoints, 'c1')
  const one = await pull(shard, 2, 'c2')
  await shard.commit(one.pull, 1)
  await shard.commit(one.pull, 1)
  expect((await reopened(checkpoints)).nextPull(100)).toEqual({ cursor: 'c2', groups: 100 })
})

test('a pull that brings nothing is not noted, and moves on', async () => {
  const { map, checkpoints } = stored()
  const shard = await Shard.begin(3, checkpoints, 'c1')
  const before = map.get('shard-3')
  await pull(shard, 0, 'c5')
  expect(map.get('shard-3')).toBe(before)
  expect(shard.nextPull(100)).toEqual({ cursor: 'c5', groups: 100 })
})

test('a pull whose records were removed meanwhile is over', async () => {
  const { checkpoints } = stored()
  const first = await Shard.begin(3, checkpoints, 'c1')
  const one = await pull(first, 5, 'c2')
  await first.commit(one.pull, 2)
  const second = await reopened(checkpoints)
  await pull(second, 0, 'c9')
  expect(second.nextPull(100)).toEqual({ cursor: 'c2', groups: 100 })
})

test('while too many pulls wait to be committed none is begun', async () => {
  const { checkpoints } = stored()
  const shard = await Shard.begin(3, checkpoints, 'c0')
  const pulls = []
  for (let i = 1; i <= pullsMax; i++) pulls.push(await pull(shard, 1, `c${i}`))
  expect(shard.nextPull(100)).toBeUndefined()
  await shard.commit(pulls[0]!.pull, 0)
  expect(shard.nextPull(100)).toEqual({ cursor: `c${pullsMax}`, groups: 100 })
})

test.each([['{'], ['{}'], ['null'], ['{"pulls":1,"done":0,"next":"c"}']])(
  'a checkpoint that is %s is refused',
  async text => {
    const { map, checkpoints } = stored()
    map.set('shard-3', text)
    await expect(Shard.load(3, checkpoints)).rejects.toMatchObject({ code: 'source.failed' })
  },
)
