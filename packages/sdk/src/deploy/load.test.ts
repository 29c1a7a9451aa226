import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findWiring, loadWiring } from './load.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-wiring-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('a wiring file', () => {
  test('is found in its folder or named itself', async () => {
    const path = join(folder, 'millrace.config.yaml')
    await writeFile(path, 'buses: {}\n')
    expect(await findWiring(folder)).toBe(path)
    expect(await findWiring(path)).toBe(path)
  })

  test('that is not there is told with the names that were looked for', async () => {
    await expect(findWiring(folder)).rejects.toThrow('millrace.config.ts')
  })

  test('in YAML is refused with the line of its fault', async () => {
    const path = join(folder, 'millrace.config.yaml')
    await writeFile(path, 'buses:\n  shop: {}\n  shop: {}\n')
    await expect(loadWiring(path)).rejects.toThrow('line 3')
  })

  test('in TypeScript is read anew each time', async () => {
    const path = join(folder, 'millrace.config.ts')
    await writeFile(path, 'export default { buses: { one: {} } }\n')
    expect((await loadWiring(path)).items).toEqual([{ kind: 'bus', name: 'one', spec: {} }])
    await writeFile(path, "export default [{ kind: 'bus', name: 'two', spec: {} }]\n")
    expect((await loadWiring(path)).items).toEqual([{ kind: 'bus', name: 'two', spec: {} }])
  })
})
