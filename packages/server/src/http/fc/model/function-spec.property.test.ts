import fc from 'fast-check'
import { expect, test } from 'vitest'
import { requestCheck } from '../../validation.ts'
import { Type } from 'typebox'
import { functionFields, type FunctionInput } from './function-fields.ts'
import { blankFunction, functionSpecOf } from './function-spec.ts'
import { commonFields } from './function-view.ts'

const owner = { region: 'r', account: '1' }
const word = fc.stringMatching(/^[a-z][a-z0-9]{0,9}$/)
const words = fc.array(word, { maxLength: 3 })
const hook = fc.record({ handler: fc.constant('index.hook'), timeout: fc.integer({ min: 1, max: 90 }) })
const healthCheckConfig = fc.record({
  httpGetUrl: fc.constant('/well'),
  initialDelaySeconds: fc.integer({ min: 0, max: 120 }),
  periodSeconds: fc.integer({ min: 1, max: 120 }),
  timeoutSeconds: fc.integer({ min: 1, max: 3 }),
  failureThreshold: fc.integer({ min: 1, max: 120 }),
  successThreshold: fc.integer({ min: 1, max: 120 }),
})
const port = fc.integer({ min: 1, max: 65_535 })
const settings = fc.dictionary(word, fc.oneof(word, fc.integer(), fc.array(word)), { maxKeys: 3 })

/** What clients may write of a definition; each member may be left out. */
const inputs: fc.Arbitrary<FunctionInput> = fc.record(
  {
    runtime: word,
    handler: fc.constantFrom('index.handler', 'a/b.c'),
    description: fc.string({ maxLength: 256 }),
    memorySize: fc.integer({ min: 2, max: 512 }).map(parts => parts * 64),
    diskSize: fc.integer({ min: 512, max: 10_240 }),
    timeout: fc.integer({ min: 1, max: 86_400 }),
    instanceConcurrency: fc.integer({ min: 1, max: 200 }),
    environmentVariables: fc.dictionary(word, word, { maxKeys: 3 }),
    layers: fc.array(
      fc.integer({ min: 1, max: 99 }).map(version => `acs:fc:r:1:layers/shared/versions/${version}`),
      { maxLength: 5 },
    ),
    instanceLifecycleConfig: fc.record({ initializer: hook, preStop: hook }, { requiredKeys: [] }),
    customRuntimeConfig: fc.record(
      { command: words, args: words, port, healthCheckConfig },
      { requiredKeys: [] },
    ),
    vpcConfig: settings,
    nasConfig: settings,
    logConfig: settings,
    gpuConfig: settings,
    sessionAffinityConfig: fc.string({ maxLength: 50 }),
    resourceGroupId: word,
  },
  { requiredKeys: [] },
)

/** The same with processors that the memory allows: those that it would be given, or one. */
const sized = fc
  .tuple(inputs, fc.constantFrom('none', 'own', 'one'))
  .map(([input, choice]): FunctionInput => {
    const { cpu, memoryMiB } = functionSpecOf(input, blankFunction, '')
    return choice === 'none' ? input : { ...input, cpu: choice === 'one' && memoryMiB <= 4_096 ? 1 : cpu }
  })

const shown = (spec: ReturnType<typeof functionSpecOf>) =>
  commonFields(owner, { spec, createdAtMs: 0, updatedAtMs: 0, codeBytes: 0, codeChecksum: '' })

test('what is told of a definition, written back, changes nothing of it', () => {
  const check = requestCheck(Type.Object(functionFields), 'body')
  fc.assert(
    fc.property(sized, input => {
      const spec = functionSpecOf(input, blankFunction, 'code')
      const told = check(shown(spec))
      if ('error' in told) throw told.error

      expect(functionSpecOf(told.value as FunctionInput, spec, undefined)).toEqual(spec)
      expect(functionSpecOf(told.value as FunctionInput, blankFunction, 'code')).toEqual(spec)
    }),
  )
})

test('an input changes what it names and nothing else', () => {
  fc.assert(
    fc.property(inputs, inputs, (first, second) => {
      const before = shown(functionSpecOf(first, blankFunction, 'code'))
      const after = shown(functionSpecOf(second, functionSpecOf(first, blankFunction, 'code'), undefined))
      const related = ['instanceLifecycleConfig', 'customRuntimeConfig', 'cpu']
      for (const name of Object.keys(before)) {
        if (Object.hasOwn(second, name) || related.includes(name)) continue
        expect(after[name], name).toEqual(before[name])
      }
    }),
  )
})

test('what the rule for sizes forbids is refused', () => {
  const of = (cpu: number, memorySize: number) => () => functionSpecOf({ cpu, memorySize }, blankFunction, '')
  expect(of(0.33, 512)).toThrow('multiple of 0.05')
  expect(of(0.05, 1_024)).toThrow('between 1:1 and 1:4')
  expect(of(4, 1_024)).toThrow('between 1:1 and 1:4')
  expect(functionSpecOf({ memorySize: 32_768 }, blankFunction, '').cpu).toBe(8)
  expect(of(0.35, 512)().cpu).toBe(0.35)
  expect(of(1, 128)().memoryMiB).toBe(128)
})
