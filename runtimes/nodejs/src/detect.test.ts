import { chmod, mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { selectRuntime } from '@millrace/spi'
import { expect, test } from 'vitest'
import { detect } from './detect.ts'

const signal = new AbortController().signal
const ownMajor = Number(process.versions.node.split('.')[0])

/** A folder with a program `node` that prints the text. */
async function folderWithNode(text: string): Promise<AsyncDisposable & { path: string }> {
  const folder = await mkdtempDisposable(join(tmpdir(), 'millrace-detect-'))
  const program = join(folder.path, 'node')
  await writeFile(program, `#!/bin/sh\necho '${text}'\n`)
  await chmod(program, 0o755)
  return { path: folder.path, [Symbol.asyncDispose]: () => folder.remove() }
}

test('the Node.js that runs the server is found without a search path', async () => {
  const found = await detect({ searchPath: '' }, signal)
  expect(found.map(({ name, version }) => ({ name, version }))).toEqual([
    { name: `nodejs${ownMajor}`, version: process.versions.node },
  ])
  expect(found[0]?.launch({ memoryMiB: 512 }).command).toBe(process.execPath)
})

test('others on the search path are found, newest first; the old, the foreign and the own version are passed over', async () => {
  await using newer = await folderWithNode('v99.1.2')
  await using same = await folderWithNode(`v${ownMajor}.0.0`)
  await using old = await folderWithNode('v12.0.0')
  await using foreign = await folderWithNode('Node Dispatcher 3')
  const searchPath = ['/nowhere', foreign.path, old.path, same.path, newer.path, 'relative'].join(':')
  const found = await detect({ searchPath }, signal)
  expect(found.map(({ name }) => name)).toEqual(['nodejs99', `nodejs${ownMajor}`])
  expect(found[1]?.version).toBe(process.versions.node)
})

test('the language alone stands for the newest, a version for itself', async () => {
  await using newer = await folderWithNode('v99.1.2')
  const found = await detect({ searchPath: newer.path }, signal)
  expect(selectRuntime(found, 'nodejs', 'nodejs')?.name).toBe('nodejs99')
  expect(selectRuntime(found, 'nodejs', `nodejs${ownMajor}`)?.version).toBe(process.versions.node)
  expect(selectRuntime(found, 'nodejs', 'nodejs18')).toBeUndefined()
})
