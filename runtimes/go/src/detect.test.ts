import { selectRuntime } from '@millrace/spi'
import { expect, test } from 'vitest'
import { detect } from './detect.ts'

test('there is one version, by its name and by the language', async () => {
  const found = await detect()
  expect(selectRuntime(found, 'go', 'go1')?.name).toBe('go1')
  expect(selectRuntime(found, 'go', 'go')?.name).toBe('go1')
  expect(selectRuntime(found, 'go', 'go2')).toBeUndefined()
})

test('a handler is a file of the code', async () => {
  const [go] = await detect()
  expect(go?.checkHandler('main', new Set(['main']))).toBeUndefined()
  expect(go?.checkHandler('bin/main', new Set(['bin/main']))).toBeUndefined()
  expect(go?.checkHandler('index.handler', new Set(['main']))).toContain('index.handler')
})

test('a sandbox has to show the adapter, and the program that runs it', async () => {
  const [go] = await detect()
  const plan = go?.launch({ memoryMiB: 128 })
  expect(plan?.readOnlyPaths).toContain(process.execPath)
  for (const path of plan?.args ?? []) {
    expect(plan?.readOnlyPaths.some(shown => path.startsWith(shown))).toBe(true)
  }
})
