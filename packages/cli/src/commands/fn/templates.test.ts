import { mkdtempDisposable, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findWiring, loadWiring } from '@millrace/sdk/deploy'
import { expect, test } from 'vitest'
import { readTemplate, templateNames, templateOf, writeTemplate } from './templates.ts'

const names = ['custom', 'go', 'java', 'nodejs', 'nodejs-typescript', 'python']

test('there is a template for each runtime', async () => {
  expect(await templateNames()).toEqual(names)
})

test.each([
  ['nodejs', 'nodejs'],
  ['nodejs24', 'nodejs'],
  ['python3.12', 'python'],
  ['custom.debian12', 'custom'],
  ['go1', 'go'],
  ['java17', 'java'],
  ['nodejs-typescript', 'nodejs-typescript'],
  ['cobol', undefined],
])('the runtime %s has the template %s', (runtime, template) => {
  expect(templateOf(runtime, names)).toBe(template)
})

test.each(names)(
  'the template %s makes a folder with a wiring for its function and a rule that calls it, an event and a README',
  async template => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'millrace-template-'))
    await writeTemplate(await readTemplate(template, 'shop', template), folder.path)
    const wiring = await loadWiring(await findWiring(folder.path))
    expect(wiring.items).toMatchObject([
      { kind: 'bus', name: 'events' },
      { kind: 'function', name: 'shop' },
      { kind: 'rule', bus: 'events', name: 'shop' },
    ])
    expect(JSON.parse(await readFile(join(folder.path, 'event.json'), 'utf8'))).toEqual({ name: 'Ada' })
    expect(await readFile(join(folder.path, 'README.md'), 'utf8')).toMatch(/^# shop\n/)
  },
)

test('a version of the runtime that is asked for is written down', async () => {
  const files = await readTemplate('python', 'shop', 'python3.12')
  expect(files.find(file => file.path === 'millrace.config.yaml')?.text).toContain('runtime: python3.12\n')
})

test('programs stay programs, and nothing that is there is replaced', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'millrace-template-'))
  const files = await readTemplate('custom', 'shop', 'custom')
  await writeTemplate(files, folder.path)
  expect((await stat(join(folder.path, 'code/bootstrap'))).mode & 0o111).not.toBe(0)
  await writeFile(join(folder.path, 'README.md'), 'mine')
  await expect(writeTemplate(files, folder.path)).rejects.toThrow('EEXIST')
  expect(await readFile(join(folder.path, 'README.md'), 'utf8')).toBe('mine')
})
