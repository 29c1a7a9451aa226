import { chmod, mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { selectRuntime } from '@millrace/spi'
import { expect, test } from 'vitest'
import { detect } from './detect.ts'
import { programIn } from './program.ts'

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

test('versions that were installed by request are found, unless the machine has them; unfinished ones are not', async () => {
  await using machine = await folderWithNode('v98.0.0')
  await using added = await mkdtempDisposable(join(tmpdir(), 'millrace-added-'))
  const versions = {
    nodejs98: 'v98.5.5',
    nodejs97: 'v97.1.0',
    '.unfinished-nodejs96': 'v96.0.0',
    other: 'v95.0.0',
  }
  for (const [name, version] of Object.entries(versions)) {
    const program = programIn(join(added.path, name))
    await mkdir(dirname(program), { recursive: true })
    await writeFile(program, `#!/bin/sh\necho '${version}'\n`)
    await chmod(program, 0o755)
  }
  const found = await detect({ searchPath: machine.path, installPath: added.path }, signal)
  expect(found.map(({ name, version, isAdded }) => [name, version, isAdded])).toEqual([
    ['nodejs98', '98.0.0', false],
    ['nodejs97', '97.1.0', true],
    [`nodejs${ownMajor}`, process.versions.node, false],
  ])
  const launched = found[1]?.launch({ memoryMiB: 128 })
  expect(launched?.command).toBe(programIn(join(added.path, 'nodejs97')))
  expect(launched?.readOnlyPaths).toContain(launched?.command)
})
