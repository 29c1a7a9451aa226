import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { outgoing, seededRandom } from '@millrace/spi/conformance'
import { optionsParser, type PluginLog, systemClock } from '@millrace/spi'
import { expect, test } from 'vitest'
import { connector } from '../src/index.ts'

test('lines go to the standard output of the process', () => {
  const program = `
    import { connector } from ${JSON.stringify(join(import.meta.dirname, '../src/index.ts'))}
    const context = { clock: { nowMs: () => 0, timer: () => ({ [Symbol.dispose]() {} }) } }
    const sink = connector.sink.open({ output: 'stdout', show: 'body', lengthMax: 9 }, context)
    const record = { id: 'a', source: '/s', type: 't', body: Buffer.from('{"n":1}') }
    console.error(JSON.stringify(await sink.write([record, record], new AbortController().signal)))
  `
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
  })

  expect(stdout).toBe('1970-01-01T00:00:00.000Z t /s a {"n":1}\n'.repeat(2))
  expect(JSON.parse(stderr)).toMatchObject([{ status: 'ok' }, { status: 'ok' }])
})

test('lines go to the log of the server, by target, where that is asked for', async () => {
  const logged: unknown[] = []
  const log: PluginLog = { debug() {}, info: (...line) => void logged.push(line), warn() {}, error() {} }
  const { sink: definition } = connector
  const options = optionsParser('console', definition!.options)({ output: 'log', show: 'head' })
  const context = {
    clock: systemClock,
    random: seededRandom(1),
    log,
    allowPrivateTargets: false,
    fileRoots: [],
    name: 'shop/all/look',
  }
  await using sink = definition!.open(options, context)
  await sink.write([outgoing('a')], new AbortController().signal)

  expect(logged).toEqual([
    ['event', { target: 'shop/all/look', line: expect.stringMatching(/Z test \/conformance a$/) }],
  ])
})
