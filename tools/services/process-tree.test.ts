import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { haveEnded, isAlive, markProcess, processTree, signalAll } from './process-tree.ts'

test('a process and what it started are found, killed together and then gone', async () => {
  const parent = spawn('sh', ['-c', 'sleep 60 & echo started; wait'], { stdio: ['ignore', 'pipe', 'ignore'] })
  await once(parent.stdout, 'data')

  const tree = processTree(markProcess(parent.pid ?? 0))
  expect(tree).toHaveLength(2)
  expect(tree.every(isAlive)).toBe(true)

  signalAll(tree, 'SIGKILL')
  expect(await haveEnded(tree, 10_000)).toBe(true)
})

test('a number that was given to another process since is not the marked one', () => {
  const own = markProcess(process.pid)

  expect(isAlive(own)).toBe(true)
  expect(isAlive({ ...own, startedAt: '1' })).toBe(false)
})
