import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findSource } from './deploy-source.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-source-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('a folder with a wiring gives the function in it, with its settings and code', async () => {
  await writeFile(join(folder, 'millrace.config.yaml'), 'functions: { greet: { code: src, timeoutMs: 5 } }')
  expect(await findSource(folder, undefined)).toEqual({
    name: 'greet',
    spec: { code: 'src', timeoutMs: 5 },
    codePath: join(folder, 'src'),
    parts: [],
  })
})

test('the triggers of the function come with it, those of others do not', async () => {
  const trigger = 'triggers: { web: { kind: http } }'
  const text = `functions: { a: { code: a, ${trigger} }, b: { code: b, ${trigger} } }`
  await writeFile(join(folder, 'millrace.config.yaml'), text)
  expect((await findSource(folder, 'a')).parts).toEqual([
    { kind: 'trigger', function: 'a', name: 'web', spec: { kind: 'http' } },
  ])
})

test('of several functions one has to be named', async () => {
  await writeFile(join(folder, 'millrace.config.yaml'), 'functions: { a: { code: a }, b: { code: b } }')
  await expect(findSource(folder, undefined)).rejects.toThrow('a, b. Say which with --name')
  expect(await findSource(folder, 'b')).toMatchObject({ name: 'b', codePath: join(folder, 'b') })
  await expect(findSource(folder, 'c')).rejects.toThrow('has no function c; it has a, b')
})

test('code alone tells its runtime and handler by the file that it begins with', async () => {
  await mkdir(join(folder, 'shop'))
  await writeFile(join(folder, 'shop/index.py'), '')
  await writeFile(join(folder, 'mail.mjs'), '')
  expect(await findSource(join(folder, 'shop'), undefined)).toMatchObject({
    name: 'shop',
    spec: { runtime: 'python', handler: 'index.handler' },
  })
  expect(await findSource(join(folder, 'mail.mjs'), 'other')).toMatchObject({
    name: 'other',
    spec: { runtime: 'nodejs', handler: 'mail.handler' },
  })
  expect((await findSource(folder, 'x')).spec).toEqual({})
})
