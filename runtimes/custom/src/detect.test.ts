import { selectRuntime } from '@millrace/spi'
import { expect, test } from 'vitest'
import { detect } from './detect.ts'

test('the names of the compatible platform are all there, and the language stands for itself', async () => {
  const found = await detect()
  expect(found.map(({ name }) => name)).toEqual([
    'custom',
    'custom.debian12',
    'custom.debian11',
    'custom.debian10',
  ])
  expect(selectRuntime(found, 'custom', 'custom')?.name).toBe('custom')
})

test('any handler is fine, since the code gets it as a header', async () => {
  const [custom] = await detect()
  expect(custom?.checkHandler('whatever', new Set())).toBeUndefined()
})

test('HTTP requests are passed on as they are', async () => {
  const found = await detect()
  expect(found.every(({ takesHttp }) => takesHttp === true)).toBe(true)
})

test('a sandbox has to show the adapter, and the program that runs it', async () => {
  const [custom] = await detect()
  const plan = custom?.launch({ memoryMiB: 128 })
  expect(plan?.readOnlyPaths).toContain(process.execPath)
  for (const path of plan?.args ?? []) {
    expect(plan?.readOnlyPaths.some(shown => path.startsWith(shown))).toBe(true)
  }
})
