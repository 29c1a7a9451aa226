import type { FunctionSpec } from '@millrace/sdk'

/** One function of the load: its code, how often it is called, and what its calls are expected to come to. */
export interface LoadFunction {
  readonly name: string
  readonly source: string
  readonly perSecond: number
  /** `answers`: every call succeeds. `fails`: every call fails by its own fault. `either`: by chance or by limits. */
  readonly expected: 'answers' | 'fails' | 'either'
  readonly spec: Partial<FunctionSpec>
}

const small = { memoryMiB: 128, cpu: 0.5, instancesMax: 2, timeoutMs: 2_000 }

/** What other functions must not notice anything of. */
export const good: LoadFunction = {
  name: 'good',
  source: 'export const handler = async event => event',
  perSecond: 40,
  expected: 'answers',
  spec: { memoryMiB: 256, instancesMax: 8, timeoutMs: 10_000 },
}

export const neighbours: readonly LoadFunction[] = [
  {
    name: 'slow',
    source: 'export const handler = () => new Promise(resolve => setTimeout(resolve, 1500, "late"))',
    perSecond: 2,
    expected: 'answers',
    spec: { ...small, instancesMax: 4, concurrencyPerInstance: 20, timeoutMs: 10_000 },
  },
  {
    name: 'crashing',
    source: 'export const handler = () => process.exit(7)',
    perSecond: 1,
    expected: 'fails',
    spec: small,
  },
  {
    name: 'throwing',
    source: 'export const handler = async () => { throw new Error("as always") }',
    perSecond: 5,
    expected: 'fails',
    spec: small,
  },
  {
    name: 'spinning',
    source: 'export const handler = () => { for (;;); }',
    perSecond: 0.3,
    expected: 'fails',
    spec: { ...small, instancesMax: 1, timeoutMs: 1_000 },
  },
  {
    name: 'hoarding',
    source:
      'export const handler = () => { const held = []; for (;;) held.push(Buffer.alloc(4 * 1024 * 1024, 1)) }',
    perSecond: 0.3,
    expected: 'fails',
    spec: { ...small, instancesMax: 1 },
  },
  {
    name: 'forking',
    source: `import { spawn } from 'node:child_process'
export const handler = async () => {
  for (let count = 0; count < 100; count++) spawn('sleep', ['600'], { stdio: 'ignore' }).on('error', () => {})
  return 'sown'
}`,
    perSecond: 0.2,
    expected: 'either',
    spec: { ...small, instancesMax: 1 },
  },
  {
    name: 'filling',
    source: `import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
export const handler = async () => {
  const block = Buffer.alloc(1024 * 1024)
  for (let count = 0; count < 64; count++) appendFileSync(join(tmpdir(), 'heap'), block)
  return 'full'
}`,
    perSecond: 0.2,
    expected: 'either',
    spec: { ...small, diskMiB: 32, instancesMax: 1 },
  },
  {
    name: 'chattering',
    source:
      'export const handler = async () => { for (let n = 0; n < 20000; n++) console.log("noise ".repeat(20)) }',
    perSecond: 0.5,
    expected: 'either',
    spec: small,
  },
]
