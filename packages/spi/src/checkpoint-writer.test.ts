import { expect, test } from 'vitest'
import { CheckpointWriter } from './checkpoint-writer.ts'
import type { Checkpoints } from './source.ts'

/** Checkpoints whose writes end when a test says so. */
class SlowCheckpoints implements Checkpoints {
  readonly saved: string[] = []
  readonly ends: ((error?: Error) => void)[] = []

  load(): Promise<undefined> {
    return Promise.resolve(undefined)
  }

  save(_name: string, text: string): Promise<void> {
    this.saved.push(text)
    return new Promise((resolve, reject) =>
      this.ends.push(error => (error === undefined ? resolve() : reject(error))),
    )
  }
}

test('texts that come while one is written become one write, with the latest', async () => {
  const checkpoints = new SlowCheckpoints()
  const writer = new CheckpointWriter(checkpoints, 'p')
  const saves = ['1', '2', '3'].map(text => writer.save(text))
  await expect.poll(() => checkpoints.saved).toEqual(['3'])
  const later = [writer.save('4'), writer.save('5')]
  checkpoints.ends.shift()?.()
  await Promise.all(saves)

  await expect.poll(() => checkpoints.saved).toEqual(['3', '5'])
  checkpoints.ends.shift()?.()
  await Promise.all([...later, writer.idle()])
})

test('a write that fails is told to those who waited for it, and the next is made all the same', async () => {
  const checkpoints = new SlowCheckpoints()
  const writer = new CheckpointWriter(checkpoints, 'p')
  const first = writer.save('1')
  await expect.poll(() => checkpoints.saved).toEqual(['1'])
  const second = writer.save('2')
  checkpoints.ends.shift()?.(new Error('full'))

  await expect(first).rejects.toThrow('full')
  await expect.poll(() => checkpoints.saved).toEqual(['1', '2'])
  checkpoints.ends.shift()?.()
  await second
  await writer.idle()
})
