import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { PathRefusal, placeOf } from './place.ts'

let base: string
let root: string
beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'millrace-file-')))
  root = join(base, 'root')
  await mkdir(join(root, 'logs/.hidden'), { recursive: true })
  await mkdir(join(base, 'rootless'))
  await writeFile(join(root, 'logs/a'), '')
  await writeFile(join(base, 'rootless/secret'), '')
})
afterEach(() => rm(base, { recursive: true }))

test('a file below a folder that is allowed is where it seems to be', async () => {
  expect(await placeOf(join(root, 'logs/a'), [root], true)).toBe(join(root, 'logs/a'))
  expect(await placeOf(join(root, 'logs/new'), ['/nowhere', root], false)).toBe(join(root, 'logs/new'))
})

test.each([
  ['logs/../../rootless/secret', 'up and down again'],
  ['../rootless/secret', 'beside, with the same beginning'],
  ['logs/.hidden/a', 'in a hidden folder'],
  ['.env', 'hidden'],
])('%s is refused: %s', async path => {
  await expect(placeOf(join(root, path), [root], false)).rejects.toBeInstanceOf(PathRefusal)
  await expect(placeOf(`${root}/${path}`, [root], true)).rejects.toBeInstanceOf(PathRefusal)
})

test('links lead nowhere else: neither a folder nor, where it would be followed, the file itself', async () => {
  await symlink(join(base, 'rootless'), join(root, 'way'))
  await symlink(join(base, 'rootless/secret'), join(root, 'file'))
  await symlink(join(root, 'logs/a'), join(root, 'current'))

  await expect(placeOf(join(root, 'way/secret'), [root], false)).rejects.toBeInstanceOf(PathRefusal)
  await expect(placeOf(join(root, 'file'), [root], true)).rejects.toBeInstanceOf(PathRefusal)
  expect(await placeOf(join(root, 'file'), [root], false)).toBe(join(root, 'file'))
  expect(await placeOf(join(root, 'current'), [root], true)).toBe(join(root, 'logs/a'))
})

test('without folders everything is refused, with the setting that allows some', async () => {
  await expect(placeOf(join(root, 'logs/a'), [], true)).rejects.toThrow('MILLRACE_FILE_ROOTS')
})

test('a relative path, a folder and the allowed folder itself are no files', async () => {
  for (const path of ['logs/a', `${root}/logs/`, root]) {
    await expect(placeOf(path, [root], true)).rejects.toBeInstanceOf(PathRefusal)
  }
})
