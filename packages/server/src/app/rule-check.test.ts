import { join } from 'node:path'
import type { PluginLog } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { SecretBox } from '../auth/index.ts'
import { createPlugins } from '../plugins/index.ts'
import type { RuleSpec, SinkSpec, Snapshot } from '../resources/index.ts'
import { checkRule } from './rule-check.ts'

const quiet: PluginLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const root = join(import.meta.dirname, '../../../..')
const parts = {
  plugins: await createPlugins({ root, log: quiet }),
  secrets: new SecretBox(Buffer.alloc(32, 1)),
}
const snapshot = {
  revision: 1,
  buses: new Map([['1/other', {}]]),
  functions: new Map([['1/greet', {}]]),
  queues: new Map([['1/jobs', {}]]),
  topics: new Map([['1/news', {}]]),
} as unknown as Snapshot

function ruleTo(sink: SinkSpec, target: object = {}): RuleSpec {
  return { pattern: {}, targets: [{ id: 't', sink, parameters: {}, ...target }] } as unknown as RuleSpec
}

function check(spec: RuleSpec): Promise<RuleSpec> {
  return checkRule('1', spec, snapshot, parts)
}

const http = (options: object): SinkSpec => ({
  connector: 'http',
  options: { url: 'https://example.com/', ...options },
})

describe('what a rule may say', () => {
  test.each([
    [ruleTo({ bus: 'nowhere' }), 'rule.sink-invalid', 'there is no bus nowhere'],
    [ruleTo({ bus: 'default' }), 'rule.sink-invalid', "platform's own events"],
    [ruleTo({ function: 'nothing' }), 'rule.sink-invalid', 'there is no function nothing'],
    [ruleTo({ queue: 'nowhere' }), 'rule.sink-invalid', 'there is no queue nowhere'],
    [ruleTo({ topic: 'nowhere' }), 'rule.sink-invalid', 'there is no topic nowhere'],
    [ruleTo({ topic: 'news' }, { deadLetter: { queue: 'gone' } }), 'rule.sink-invalid', 'dead letter'],
    [ruleTo({ connector: 'htp', options: {} }), 'plugin.unknown', 'htp'],
    [ruleTo(http({ ur: 1 })), 'options.invalid', 'did you mean'],
    [ruleTo(http({}), { orderBy: '$..x' }), 'transform.invalid', 'target t'],
    [ruleTo(http({}), { transform: { form: 'JSONPATH', value: '$.a[*]' } }), 'transform.invalid', 'target t'],
    [ruleTo(http({}), { parameters: { nonsense: { form: 'ORIGINAL' } } }), 'options.invalid', 'nonsense'],
    [ruleTo({ bus: 'other' }, { deadLetter: { bus: 'gone' } }), 'rule.sink-invalid', 'dead letter'],
  ])('refuses %j', async (spec, code, message) => {
    await expect(check(spec)).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
  })

  test('a connector that is left to its defaults comes back with them', async () => {
    const [target] = (await check(ruleTo(http({})))).targets
    expect(target?.sink).toMatchObject({
      connector: 'http',
      options: { url: 'https://example.com/', method: 'POST' },
    })
  })

  test('queues and topics that are there may be targets and dead letters', async () => {
    const spec = ruleTo({ topic: 'news' }, { deadLetter: { queue: 'jobs', encoding: 'base64' } })
    expect((await check(spec)).targets).toEqual(spec.targets)
  })

  test('functions and buses that are there may be targets and dead letters', async () => {
    const spec = ruleTo({ function: 'greet' }, { deadLetter: { bus: 'other' } })
    expect((await check(spec)).targets).toEqual(spec.targets)
  })
})

describe('secrets of connectors', () => {
  const auth = { type: 'bearer', token: 'do-not-show-me' }

  test('are sealed in what is stored, and the same secret the same way', async () => {
    const first = await check(ruleTo(http({ auth })))
    expect(JSON.stringify(first)).not.toContain('do-not-show-me')
    expect(await check(ruleTo(http({ auth })))).toEqual(first)
  })

  test('may be written back as they were given out', async () => {
    const stored = await check(ruleTo(http({ auth })))
    expect(await check(stored)).toEqual(stored)
    const [target] = stored.targets
    expect(JSON.stringify(parts.secrets.openAll(target?.sink))).toContain('do-not-show-me')
  })
})
