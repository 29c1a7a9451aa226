import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Client } from '../index.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseIgnore } from './ignore.ts'
import { packCode } from './pack.ts'
import { listCode } from './read.ts'
import { CodeUploads } from './uploads.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-code-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function write(files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
}

async function paths(path = folder): Promise<string[]> {
  return (await listCode(path)).map(file => file.path)
}

describe('the code of a function', () => {
  test('is a folder without what belongs to tools, its paths with slashes', async () => {
    await write({
      'index.mjs': 'a',
      'lib/part.mjs': 'b',
      'lib/.git/head': 'c',
      'lib/__pycache__/x.pyc': 'd',
      'node_modules/a/index.js': 'e',
    })
    expect(await paths()).toEqual(['index.mjs', 'lib/part.mjs', 'node_modules/a/index.js'])
  })

  test('may be a single file', async () => {
    await write({ 'index.mjs': 'a' })
    expect(await paths(join(folder, 'index.mjs'))).toEqual(['index.mjs'])
  })

  test('that is not there, or has no files, is refused', async () => {
    await expect(listCode(folder)).rejects.toThrow('has no files')
    await expect(listCode(join(folder, 'nothing'))).rejects.toThrow('there is no code at')
  })

  test('is without what .millraceignore leaves out', async () => {
    await write({ '.millraceignore': 'test/\n*.md\n', 'index.js': '', 'README.md': '', 'test/a.js': '' })
    expect(await paths()).toEqual(['index.js'])
  })

  test('has links that stay inside as links, and what others lead to as files', async () => {
    await write({ 'code/tool/main.js': 'a', 'shared/lib/b.js': 'b' })
    await mkdir(join(folder, 'code/bin'))
    await symlink('../tool/main.js', join(folder, 'code/bin/tool'))
    await symlink('../shared', join(folder, 'code/shared'))
    await symlink('nowhere', join(folder, 'code/dangling'))
    await symlink('..', join(folder, 'code/up'))
    const files = await listCode(join(folder, 'code'))
    expect(files.map(({ path, link }) => [path, link])).toEqual([
      ['bin/tool', '../tool/main.js'],
      ['shared/lib/b.js', undefined],
      ['tool/main.js', undefined],
    ])
  })
})

test('rules of .millraceignore: names anywhere, paths from the folder on, folders, exceptions', () => {
  const ignores = parseIgnore('# comment\n\n*.log\n!keep.log\n/build\ndocs/\nsrc/**/*.test.ts\n')
  const wanted: [string, boolean, boolean][] = [
    ['a.log', false, true],
    ['deep/a.log', false, true],
    ['deep/keep.log', false, false],
    ['build', true, true],
    ['lib/build', true, false],
    ['docs', true, true],
    ['docs', false, false],
    ['lib/docs', true, true],
    ['src/a/b.test.ts', false, true],
    ['src/a/b.ts', false, false],
    ['.git', true, true],
  ]
  for (const [path, isFolder, isIgnored] of wanted)
    expect([path, ignores(path, isFolder)]).toEqual([path, isIgnored])
})

describe('a package', () => {
  test('has the same bytes for the same files, whenever they were written', async () => {
    await write({ 'index.js': 'a', 'lib/b.js': 'b' })
    const first = await packCode(folder)
    await utimes(join(folder, 'index.js'), new Date(0), new Date(0))
    expect((await packCode(folder)).zip).toEqual(first.zip)
    await chmod(join(folder, 'index.js'), 0o755)
    expect((await packCode(folder)).zip).not.toEqual(first.zip)
    expect(first.files).toBe(2)
  })

  test('that is a zip already is sent as it is', async () => {
    await write({ 'code.zip': 'bytes of a zip' })
    const { zip, files } = await packCode(join(folder, 'code.zip'))
    expect(zip.toString()).toBe('bytes of a zip')
    expect(files).toBeUndefined()
  })

  test('is sent once as long as its files stay, and again when one has changed', async () => {
    let sent = 0
    const client = { uploadZip: async () => ({ code: `code ${++sent}` }) } as unknown as Client
    const uploads = new CodeUploads(client)
    await write({ 'index.js': 'a' })
    expect([await uploads.upload(folder), await uploads.upload(folder)]).toEqual(['code 1', 'code 1'])
    await write({ 'index.js': 'changed' })
    expect(await uploads.upload(folder)).toBe('code 2')
    uploads.forget(folder)
    expect(await uploads.upload(folder)).toBe('code 3')
  })
})
