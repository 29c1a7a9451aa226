import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ConnectorContext, systemClock, systemRandom } from '@millrace/spi'
import { outgoing } from '@millrace/spi/conformance'
import { afterEach, describe, expect, test } from 'vitest'
import { createPlugins, type Plugins } from './index.ts'

const signal = new AbortController().signal
const roots: string[] = []
const lines: unknown[] = []
const log = { debug() {}, info() {}, warn() {}, error: (...line: unknown[]) => void lines.push(line) }
const context: ConnectorContext = {
  clock: systemClock,
  random: systemRandom(systemClock),
  log,
  allowPrivateTargets: false,
  fileRoots: [],
  name: 'shop/orders/target',
}

afterEach(async () => {
  lines.length = 0
  for (const root of roots.splice(0)) await rm(root, { recursive: true })
})

/** Writes an installation: path → text, objects as JSON. */
async function install(files: Record<string, unknown>): Promise<Plugins> {
  const root = await mkdtemp(join(tmpdir(), 'millrace-plugins-'))
  roots.push(root)
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), typeof content === 'string' ? content : JSON.stringify(content))
  }
  return await createPlugins({ root, log })
}

function manifest(millrace: unknown): object {
  return {
    version: '1.2.3',
    description: 'For tests.',
    type: 'module',
    exports: { '.': './index.js' },
    millrace,
  }
}

/** A connector whose sink answers each record with its option `word`. */
function connectorCode(system: string): string {
  return `
    globalThis.loadedConnectors = [...(globalThis.loadedConnectors ?? []), '${system}']
    import { Type } from '${import.meta.resolve('typebox')}'
    const options = Type.Object({
      word: Type.String({ default: 'hello', maxLength: 10 }),
      token: Type.Optional(Type.String({ secret: true })),
    })
    export const connector = {
      system: '${system}',
      title: 'A ${system}',
      sink: {
        options,
        recordsMax: 5,
        parameters: ['path', 'headers.*'],
        check: ({ word }) => { if (word === 'bad') throw new Error('bad word') },
        open: ({ word }) => ({
          write: async records => records.map(() => ({ status: 'ok', detail: word })),
          [Symbol.asyncDispose]: async () => {},
        }),
      },
    }`
}

function connectorFiles(system: string, code = connectorCode(system)): Record<string, unknown> {
  return {
    [`connectors/${system}/package.json`]: manifest({ kind: 'connector', system }),
    [`connectors/${system}/index.js`]: code,
  }
}

function loaded(): string[] {
  const value: unknown = Reflect.get(globalThis, 'loadedConnectors')
  return Array.isArray(value) ? value.map(String) : []
}

describe('plug-ins are found by their package.json', () => {
  test('and their code is loaded when it is first used', async () => {
    const plugins = await install({ ...connectorFiles('lazy-one'), ...connectorFiles('lazy-two') })
    const sink = plugins.openSink('lazy-one', { word: 'hi' }, context)
    expect(loaded()).not.toContain('lazy-one')
    expect(await sink.write([outgoing('a'), outgoing('b')], signal)).toEqual([
      { status: 'ok', detail: 'hi' },
      { status: 'ok', detail: 'hi' },
    ])
    await sink[Symbol.asyncDispose]()
    expect(loaded()).toContain('lazy-one')
    expect(loaded()).not.toContain('lazy-two')
  })

  test('an empty installation is no error', async () => {
    const plugins = await install({})
    expect(await plugins.connectors()).toEqual([])
    expect(plugins.problems).toEqual([])
    await expect(plugins.checkOptions('http', 'sink', {})).rejects.toMatchObject({
      code: 'plugin.unknown',
      message: 'There is no connector http; none is installed',
    })
  })

  test('an unknown name is refused with the nearest one', async () => {
    const plugins = await install({ ...connectorFiles('webhook'), ...connectorFiles('queue') })
    expect(() => plugins.openSink('webhok', {}, context)).toThrow(
      expect.objectContaining({
        code: 'plugin.unknown',
        message: 'There is no connector webhok; did you mean webhook?',
        details: { kind: 'connector', name: 'webhok', installed: ['queue', 'webhook'] },
      }),
    )
  })
})

describe('the catalogue', () => {
  test('has each connector with its schema, secrets marked', async () => {
    const plugins = await install({ ...connectorFiles('shown-b'), ...connectorFiles('shown-a') })
    const [first, second] = await plugins.connectors()
    expect([first?.system, second?.system]).toEqual(['shown-a', 'shown-b'])
    expect(first).toMatchObject({
      title: 'A shown-a',
      version: '1.2.3',
      description: 'For tests.',
      sink: {
        recordsMax: 5,
        parameters: ['path', 'headers.*'],
        options: { type: 'object', properties: { token: { type: 'string', secret: true } } },
      },
    })
  })

  test('of this repository has the connectors that lie in it', async () => {
    const root = fileURLToPath(new URL('../../../../', import.meta.url))
    const plugins = await createPlugins({ root, log })
    const connectors = await plugins.connectors()
    expect(connectors.map(({ system, problem }) => ({ system, problem }))).toEqual(
      expect.arrayContaining([{ system: 'echo' }, { system: 'http' }]),
    )
    expect(await plugins.checkOptions('http', 'sink', { url: 'http://example.com' })).toMatchObject({
      method: 'POST',
    })
    await expect(plugins.checkOptions('http', 'sink', { url: 'example.com' })).rejects.toMatchObject({
      code: 'options.invalid',
      details: { path: 'url' },
    })
    await plugins.checkSinkParameters('http', ['path', 'query.q', 'headers.x-order'])
    await expect(plugins.checkSinkParameters('http', ['header.x'])).rejects.toMatchObject({
      code: 'options.invalid',
      message: 'http: unknown parameter header.x; did you mean headers?',
    })
  })
})

describe('options of a sink', () => {
  test('are completed with defaults', async () => {
    const plugins = await install(connectorFiles('defaults'))
    expect(await plugins.checkOptions('defaults', 'sink', {})).toEqual({ word: 'hello' })
    expect(await plugins.checkOptions('defaults', 'sink', undefined)).toEqual({ word: 'hello' })
  })

  test.each([
    [{ wrod: 'x' }, 'refusing: option wrod is unknown; did you mean word?'],
    [{ word: 5 }, 'refusing: option word must be string; it is 5'],
    [
      { word: 'much too long' },
      'refusing: option word must not have more than 10 characters; it is "much too long"',
    ],
  ])('%j is refused', async (options, message) => {
    const plugins = await install(connectorFiles('refusing'))
    await expect(plugins.checkOptions('refusing', 'sink', options)).rejects.toMatchObject({
      code: 'options.invalid',
      message,
    })
  })

  test('are checked by the connector, too', async () => {
    const plugins = await install(connectorFiles('checking'))
    await expect(plugins.checkOptions('checking', 'sink', { word: 'bad' })).rejects.toThrow('bad word')
    expect(() => plugins.openSink('checking', { word: 'bad' }, context)).toThrow('bad word')
  })

  test('parameters that a sink does not read are refused', async () => {
    const plugins = await install(connectorFiles('reading'))
    await plugins.checkSinkParameters('reading', ['path', 'headers.x'])
    await expect(plugins.checkSinkParameters('reading', ['headers.'])).rejects.toMatchObject({
      details: { component: 'reading', path: 'parameters.headers.' },
    })
  })
})

describe('a broken plug-in is a problem with its folder, and the others go on', () => {
  test.each([
    ['no package.json', { 'connectors/odd/readme.md': '' }, 'it has no package.json.'],
    ['no JSON', { 'connectors/odd/package.json': '{' }, 'its package.json is not JSON.'],
    ['no key', { 'connectors/odd/package.json': { name: 'x' } }, 'its package.json has no key "millrace".'],
    [
      'no name',
      { 'connectors/odd/package.json': manifest({ kind: 'connector' }) },
      'must be {"kind": "connector"',
    ],
    [
      'a bad name',
      { 'connectors/odd/package.json': manifest({ kind: 'connector', system: '../x' }) },
      'must be',
    ],
    [
      'another kind',
      { 'connectors/odd/package.json': manifest({ kind: 'runtime', language: 'x' }) },
      'it is a runtime',
    ],
    [
      'no exports',
      { 'connectors/odd/package.json': { millrace: { kind: 'connector', system: 'odd' } } },
      'no exports["."]',
    ],
    [
      'an entry outside',
      {
        'connectors/odd/package.json': {
          exports: { '.': { import: '../../evil.js' } },
          millrace: { kind: 'connector', system: 'odd' },
        },
      },
      'lies outside',
    ],
    [
      'a name that is taken',
      { 'connectors/odd/package.json': manifest({ kind: 'connector', system: 'good' }) },
      'connectors/good has the same name, good.',
    ],
  ])('%s', async (_what, files, reason) => {
    const plugins = await install({ ...connectorFiles('good'), ...files })
    expect(plugins.problems).toMatchObject([
      {
        code: 'plugin.broken',
        message: expect.stringMatching(/^The plug-in in connectors\/odd cannot be used: /),
        details: { folder: 'connectors/odd' },
      },
    ])
    expect(plugins.problems[0]?.message).toContain(reason)
    expect(lines).toEqual([['plug-in cannot be used', { error: plugins.problems[0]?.message }]])
    expect(await plugins.checkOptions('good', 'sink', {})).toEqual({ word: 'hello' })
  })

  test.each([
    ['throws', 'throw new Error("no client library")', 'no client library'],
    ['is no module', 'export const = 1', 'Unexpected token'],
    ['imports what is not there', 'import "./missing.js"', 'missing.js'],
    ['exports nothing', 'export {}', 'it exports no `connector`'],
    ['exports something else', 'export const connector = { system: "odd" }', 'it exports no `connector`'],
    [
      'has another name',
      'export const connector = { system: "even", title: "Even" }',
      'its code says even, its package.json odd-',
    ],
  ])('code that %s', async (what, code, reason) => {
    const system = `odd-${what.length}-${code.length}`
    const plugins = await install({ ...connectorFiles(system, code), ...connectorFiles('fine') })
    const broken = {
      code: 'plugin.broken',
      message: expect.stringContaining(reason),
      details: { folder: `connectors/${system}` },
    }
    await expect(plugins.checkOptions(system, 'sink', {})).rejects.toMatchObject(broken)
    expect(await plugins.connectors()).toMatchObject([
      { system: 'fine', title: 'A fine' },
      { system, title: system, problem: { code: 'plugin.broken', message: expect.stringContaining(reason) } },
    ])
    await using sink = plugins.openSink(system, {}, context)
    expect(await sink.write([outgoing('a'), outgoing('b')], signal)).toMatchObject([
      { status: 'failed', error: { ...broken, retry: { kind: 'backoff' } } },
      { status: 'failed', error: { ...broken, retry: { kind: 'backoff' } } },
    ])
  })

  test('a connector without a sink is no target', async () => {
    const code = 'export const connector = { system: "sourceonly", title: "Source only" }'
    const plugins = await install(connectorFiles('sourceonly', code))
    expect(await plugins.connectors()).toEqual([
      { system: 'sourceonly', title: 'Source only', version: '1.2.3', description: 'For tests.' },
    ])
    await expect(plugins.checkOptions('sourceonly', 'sink', {})).rejects.toMatchObject({
      code: 'plugin.unsuitable',
    })
  })
})

describe('a sink that was opened before its code was loaded', () => {
  test('that is disposed unused loads nothing, and then takes nothing', async () => {
    const plugins = await install(connectorFiles('unused'))
    const sink = plugins.openSink('unused', {}, context)
    await sink[Symbol.asyncDispose]()
    await sink[Symbol.asyncDispose]()
    expect(await sink.write([outgoing('a')], signal)).toMatchObject([
      { status: 'failed', error: { code: 'sink.unavailable' } },
    ])
    expect(loaded()).not.toContain('unused')
  })

  test('rejects when its signal has aborted', async () => {
    const plugins = await install(connectorFiles('aborting'))
    await using sink = plugins.openSink('aborting', {}, context)
    const reason = new Error('too late')
    await expect(sink.write([outgoing('a')], AbortSignal.abort(reason))).rejects.toBe(reason)
    expect(loaded()).not.toContain('aborting')
  })

  test('fails its records when its options do not fit any more', async () => {
    const plugins = await install(connectorFiles('changed'))
    await using sink = plugins.openSink('changed', { wrod: 'x' }, context)
    expect(await sink.write([outgoing('a')], signal)).toMatchObject([
      { status: 'failed', error: { code: 'options.invalid' } },
    ])
  })
})

describe('runtimes and storage drivers', () => {
  const runtimeCode = (language: string): string =>
    `export const runtime = { language: '${language}', detect: async () => [] }`
  const files = {
    'runtimes/custom/package.json': manifest({
      kind: 'runtime',
      language: 'custom',
      names: String.raw`custom(\.debian1[0-2])?`,
    }),
    'runtimes/custom/index.js': runtimeCode('custom'),
    'runtimes/container/package.json': manifest({ kind: 'runtime', language: 'custom-container' }),
    'runtimes/container/index.js': runtimeCode('custom-container'),
    'runtimes/ruby/package.json': manifest({ kind: 'runtime', language: 'ruby' }),
    'runtimes/ruby/index.js': runtimeCode('ruby'),
    'storage/good/package.json': manifest({ kind: 'storage', driver: 'good' }),
    'storage/good/index.js': 'export function openStorage() {}',
    'storage/odd/package.json': manifest({ kind: 'storage', driver: 'odd' }),
    'storage/odd/index.js': 'export const openStorage = 1',
  }

  test.each([
    ['custom', 'custom'],
    ['custom.debian11', 'custom'],
    ['custom-container', 'custom-container'],
    ['custom-container2', 'custom-container'],
    ['ruby', 'ruby'],
    ['ruby3.4', 'ruby'],
  ])('the runtime %s is one of %s', async (name, language) => {
    const plugins = await install(files)
    expect(await plugins.runtime(name)).toMatchObject({ language })
  })

  test.each(['perl5', 'customfoo', 'xcustom', 'custom.debian1', 'custom.debian11\n', ''])(
    'the runtime %j is refused with the languages that are installed',
    async name => {
      const plugins = await install(files)
      await expect(plugins.runtime(name)).rejects.toMatchObject({
        code: 'plugin.unknown',
        details: { kind: 'runtime', name, installed: ['custom', 'custom-container', 'ruby'] },
      })
    },
  )

  test('a pattern of names that cannot be read breaks its plug-in alone', async () => {
    const broken = manifest({ kind: 'runtime', language: 'custom', names: 'custom(' })
    const plugins = await install({ ...files, 'runtimes/custom/package.json': broken })
    expect(plugins.problems).toMatchObject([
      { code: 'plugin.broken', message: expect.stringContaining('no regular expression: custom(') },
    ])
    await expect(plugins.runtime('custom')).rejects.toMatchObject({ code: 'plugin.unknown' })
    expect(await plugins.runtime('ruby')).toMatchObject({ language: 'ruby' })
  })

  test('the list of runtimes leaves out those that cannot be loaded', async () => {
    const plugins = await install({ ...files, 'runtimes/container/index.js': 'export const nothing = 1' })
    const languages = (await plugins.runtimes()).map(({ language }) => language)
    expect(languages).toEqual(['custom', 'ruby'])
  })

  test('a driver is a module with openStorage', async () => {
    const plugins = await install(files)
    expect(await plugins.storage('good')).toHaveProperty('openStorage')
    await expect(plugins.storage('odd')).rejects.toMatchObject({ code: 'plugin.broken' })
  })
})
