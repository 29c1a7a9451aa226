import { chmod, mkdtempDisposable, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { selectRuntime } from '@millrace/spi'
import { expect, test } from 'vitest'
import { detect } from './detect.ts'

const signal = new AbortController().signal

/** A folder with programs that answer as a Python of the given version, by their names. */
async function folderWith(programs: Record<string, string>): Promise<AsyncDisposable & { path: string }> {
  const folder = await mkdtempDisposable(join(tmpdir(), 'millrace-detect-'))
  for (const [name, version] of Object.entries(programs)) {
    const answer = JSON.stringify({
      implementation: version.includes('.') ? 'cpython' : 'other',
      version,
      executable: `/real/${version}/python`,
      library: '/real/lib',
    })
    await writeFile(join(folder.path, name), `#!/bin/sh\necho '${answer}'\n`)
    await chmod(join(folder.path, name), 0o755)
  }
  return { path: folder.path, [Symbol.asyncDispose]: () => folder.remove() }
}

test('all versions are found, newest first; the old, the foreign and second ones are passed over', async () => {
  await using first = await folderWith({ python3: '3.9.1', 'python3.7': '3.7.9', 'python3-config': '3.20.0' })
  await using second = await folderWith({
    'python3.9': '3.9.7',
    'python3.12': '3.12.3',
    'python3.11': 'other',
  })
  const found = await detect(
    { searchPath: ['/nowhere', first.path, second.path, 'relative'].join(':') },
    signal,
  )
  expect(found.map(({ name, version }) => `${name} ${version}`)).toEqual([
    'python3.12 3.12.3',
    'python3.9 3.9.1',
    'python3 3.9.1',
  ])
  expect(found[0]?.launch({ memoryMiB: 512 }).command).toBe('/real/3.12.3/python')
})

test('the language alone stands for the newest, python3 for the one that the machine calls so', async () => {
  await using folder = await folderWith({ python3: '3.8.2', 'python3.13': '3.13.0' })
  const found = await detect({ searchPath: folder.path }, signal)
  expect(selectRuntime(found, 'python', 'python')?.version).toBe('3.13.0')
  expect(selectRuntime(found, 'python', 'python3')?.version).toBe('3.8.2')
  expect(selectRuntime(found, 'python', 'python3.10')).toBeUndefined()
})

test('without a plain python3 the name stands for the newest; without any there is nothing', async () => {
  await using folder = await folderWith({ 'python3.10': '3.10.1' })
  await symlink('python3.10', join(folder.path, 'python3.99'))
  const found = await detect({ searchPath: folder.path }, signal)
  expect(found.map(({ name }) => name)).toEqual(['python3.10', 'python3'])
  expect(await detect({ searchPath: '/nowhere' }, signal)).toEqual([])
})
