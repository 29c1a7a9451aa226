import { describe, expect, test } from 'vitest'
import {
  allInstancesSettings,
  bootQuota,
  instanceSettings,
  quotaSettings,
  spareSettings,
} from './group-settings.ts'

function written(settings: ReturnType<typeof quotaSettings>): Record<string, string> {
  return Object.fromEntries(settings.map(({ file, text }) => [file, text]))
}

function limits(cpu: number): Parameters<typeof instanceSettings>[1] {
  return { memoryMiB: 512, cpu, diskMiB: 512, network: 'off' }
}

describe('an instance weighs what its function states as cores', () => {
  test.each([
    [0.05, '51', '5'],
    [0.35, '358', '35'],
    [1, '1024', '100'],
    [16, '16384', '1600'],
  ])('%s cores', (cpu, shares, weight) => {
    expect(written(instanceSettings(1, limits(cpu)))).toMatchObject({ 'cpu.shares': shares })
    expect(written(instanceSettings(2, limits(cpu)))).toMatchObject({ 'cpu.weight': weight })
  })

  test('within what the kernel takes', () => {
    expect(written(instanceSettings(1, limits(0.001)))).toMatchObject({ 'cpu.shares': '2' })
    expect(written(instanceSettings(2, limits(0.001)))).toMatchObject({ 'cpu.weight': '1' })
    expect(written(instanceSettings(1, limits(1_000)))).toMatchObject({ 'cpu.shares': '262144' })
    expect(written(instanceSettings(2, limits(1_000)))).toMatchObject({ 'cpu.weight': '10000' })
  })
})

test('all instances together weigh as much as a server that nobody has given a weight', () => {
  expect(written(allInstancesSettings(1))).toEqual({ 'cpu.shares': '1024' })
  expect(written(allInstancesSettings(2))).toEqual({ 'cpu.weight': '100' })
})

test('the quota is the stated cores of each tenth of a second, and never less than the kernel takes', () => {
  expect(written(quotaSettings(1, 0.35))).toEqual({
    'cpu.cfs_period_us': '100000',
    'cpu.cfs_quota_us': '35000',
  })
  expect(written(quotaSettings(2, 16))).toEqual({ 'cpu.max': '1600000 100000' })
  expect(written(quotaSettings(2, 0.001))).toEqual({ 'cpu.max': '1000 100000' })
})

test('while it boots an instance may use one core, or more where its function may', () => {
  expect(bootQuota(0.05)).toBe(1)
  expect(bootQuota(2)).toBe(2)
})

test('a spare gives way to every other instance while it boots, and to none afterwards', () => {
  expect(written(spareSettings(true))).toEqual({ 'cpu.idle': '1' })
  expect(written(spareSettings(false))).toEqual({ 'cpu.idle': '0' })
})

test('memory and processes are limited by the kernel in either version', () => {
  expect(written(instanceSettings(1, limits(1)))).toMatchObject({
    'pids.max': '1024',
    'memory.limit_in_bytes': '536870912',
    'memory.memsw.limit_in_bytes': '536870912',
  })
  expect(written(instanceSettings(2, limits(1)))).toMatchObject({
    'pids.max': '1024',
    'memory.max': '536870912',
    'memory.swap.max': '0',
  })
})
