import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Client, createClient } from '@millrace/sdk'
import { describe, expect, test } from 'vitest'
import { repositoryRoot } from '../../tools/process/index.ts'
import { MillraceCommand, millrace, patienceMs, testLimitMs } from './command.ts'
import { temporaryFolder } from './place.ts'

const credentials = {
  MILLRACE_ACCESS_KEY_ID: 'test',
  MILLRACE_ACCESS_KEY_SECRET: 'for-this-run-on-loopback-only',
}

interface Dev {
  readonly folder: string
  readonly command: MillraceCommand
  readonly client: Client
  readonly url: string
}

const inForce = 'wiring is in force'

/** `millrace dev` on a copy of examples/hello, with its wiring applied. */
async function devOnHello(): Promise<Dev> {
  const folder = await temporaryFolder()
  const isState = (path: string): boolean => path.endsWith('.millrace')
  await cp(join(repositoryRoot, 'examples/hello'), folder, {
    recursive: true,
    filter: path => !isState(path),
  })
  return await dev(folder)
}

async function dev(folder: string, ...more: readonly string[]): Promise<Dev> {
  const command = MillraceCommand.launch(['dev', folder, ...more], {
    ...credentials,
    MILLRACE_LISTEN: '127.0.0.1:0',
  })
  await command.shows(inForce)
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(command.out)?.[0] ?? ''
  const token = `${credentials.MILLRACE_ACCESS_KEY_ID}.${credentials.MILLRACE_ACCESS_KEY_SECRET}`
  return { folder, command, url, client: createClient({ url, token }) }
}

async function edit(path: string, change: (text: string) => string): Promise<void> {
  const before = await readFile(path, 'utf8')
  const after = change(before)
  expect(after).not.toBe(before)
  await writeFile(path, after)
}

const guest = (type: string, name: string) => ({ source: '/door', type, data: { name } })

describe('millrace dev', { timeout: testLimitMs }, () => {
  test('applies the wiring, shows what functions write, and ends on Ctrl-C with code 0', async () => {
    const { command, url } = await devOnHello()
    for (const item of ['bus      greetings', 'function greet', 'rule     greetings/greet'])
      expect(command.out).toContain(`created   ${item}`)

    const sent = await millrace(['send', 'greetings', '{"name":"Ada"}', '--type', 'guest.arrived'], {
      ...credentials,
      MILLRACE_URL: url,
    })

    expect(sent).toMatchObject({ status: 0, error: '' })
    await command.shows('Welcome, Ada!')
    command.signal('SIGINT')
    expect(await command.ended()).toMatchObject({ status: 0, error: '' })
  })

  test('a changed wiring file is in force at once: its new rule delivers, its removed rule is gone', async () => {
    const { folder, command, client } = await devOnHello()
    await client.events.publish('greetings', guest('guest.arrived', 'Ada'))
    await command.shows('Welcome, Ada!')

    await edit(join(folder, 'millrace.config.yaml'), text =>
      text.replace('      greet:\n', '      wave:\n').replace('[guest.arrived]', '[guest.left]'),
    )

    await command.shows('removed   rule     greetings/greet')
    expect(command.out).toContain('created   rule     greetings/wave')
    const { position } = await client.events.publish('greetings', guest('guest.arrived', 'Eve'))
    await client.events.publish('greetings', guest('guest.left', 'Bob'))
    await command.shows('Welcome, Bob!')
    const trace = JSON.stringify(await client.events.trace('greetings', position))
    expect(trace).toContain('wave')
    expect(trace).not.toContain('"rule":"greet"')
    expect((await Array.fromAsync(client.rules('greetings').all())).map(rule => rule.name)).toEqual(['wave'])
    expect(command.out).not.toContain('Welcome, Eve!')
  })

  test('changed function code answers as soon as it is told to be in force', async () => {
    const { folder, command, client } = await devOnHello()
    await client.events.publish('greetings', guest('guest.arrived', 'Ada'))
    await command.shows('Welcome, Ada!')

    await edit(join(folder, 'functions/greet/index.mjs'), text => text.replaceAll('Welcome', 'Good morning'))

    await command.shows('changed   function greet')
    await client.events.publish('greetings', guest('guest.arrived', 'Bob'))
    await command.shows('Good morning, Bob!')
    expect(command.out).not.toContain('Welcome, Bob!')
    const answer = Buffer.from(await client.invoke('greet', '{"name":"Cy"}')).toString()
    expect(JSON.parse(answer)).toMatchObject({ greeting: 'Good morning, Cy!' })
  })

  test('a wiring that cannot be read or compiled is told, the last good one stays, and the next good one counts', async () => {
    const { folder, command, client } = await devOnHello()
    const path = join(folder, 'millrace.config.yaml')
    const good = await readFile(path, 'utf8')

    await writeFile(path, good.replace('[guest.arrived]', '[{ prefx: guest. }]'))

    await command.complains('rule greetings/greet')
    await client.events.publish('greetings', guest('guest.arrived', 'Ada'))
    await command.shows('Welcome, Ada!')
    const times = command.out.split(inForce).length
    await writeFile(path, good.replace('[guest.arrived]', '[{ prefix: guest. }]'))
    await command.shows(inForce, times)
    await client.events.publish('greetings', guest('guest.left', 'Bob'))
    await command.shows('Welcome, Bob!')
  })

  test('a change that is saved while the wiring is being applied is applied after it', async () => {
    const { folder, command, client } = await devOnHello()
    const path = join(folder, 'millrace.config.yaml')
    const good = await readFile(path, 'utf8')
    for (let turn = 1; turn <= 20; turn++) {
      await writeFile(path, good.replace('timeoutMs: 3000', `timeoutMs: ${3_000 + turn}`))
      if (turn % 5 === 0) await command.shows('changed   function greet', turn / 5)
    }
    await expect
      .poll(async () => (await client.functions.get('greet')).spec.timeoutMs, { timeout: patienceMs })
      .toBe(3_020)
  })

  test('changed code of another language, or of a library beside it, answers without a restart', async () => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, 'python'))
    await mkdir(join(folder, 'node/node_modules/words'), { recursive: true })
    const python = join(folder, 'python/index.py')
    const library = join(folder, 'node/node_modules/words/index.js')
    await writeFile(python, "def handler(event, context):\n    return 'one'\n")
    await writeFile(library, "exports.word = 'first'")
    await writeFile(join(folder, 'node/index.js'), "exports.handler = async () => require('words').word")
    await writeFile(
      join(folder, 'millrace.config.yaml'),
      'functions: { p: { code: python, runtime: python }, n: { code: node } }',
    )
    const { command, client } = await dev(folder)
    const answers = async (): Promise<string[]> =>
      await Promise.all(['p', 'n'].map(async name => Buffer.from(await client.invoke(name, '')).toString()))
    expect(await answers()).toEqual(['one', 'first'])

    await edit(python, text => text.replace('one', 'two'))
    await command.shows('changed   function p')
    expect(await answers()).toEqual(['two', 'first'])

    await writeFile(library, "exports.word = 'second'")
    // What npm writes at the end of an installation.
    await writeFile(join(folder, 'node/node_modules/.package-lock.json'), '{}')
    await command.shows('changed   function n')
    expect(await answers()).toEqual(['two', 'second'])
  })

  test('only what has changed is reloaded: instances of the other function keep running', async () => {
    const folder = await temporaryFolder()
    // Each instance has a name of its own.
    const code = (word: string): string =>
      `const instance = crypto.randomUUID()\nexport const handler = () => ({ word: '${word}', instance })\n`
    for (const name of ['one', 'two']) await writeFile(join(folder, `${name}.mjs`), code(name))
    const wiring = (total: number): string => `
functions:
  one: { code: one.mjs, handler: one.handler }
  two: { code: two.mjs, handler: two.handler }
buses:
  shop:
    rules:
      big: { pattern: { data: { total: [{ numeric: ['>', ${total}] }] } } }
`
    await writeFile(join(folder, 'millrace.config.yaml'), wiring(1))
    const { command, client } = await dev(folder)
    const call = async (name: string): Promise<{ word: string; instance: string }> =>
      JSON.parse(Buffer.from(await client.invoke(name, '')).toString()) as { word: string; instance: string }
    const before = { one: await call('one'), two: await call('two') }

    await writeFile(join(folder, 'one.mjs'), code('uno'))
    await command.shows('1 changed, 3 left as they were, in ')
    expect(await call('two')).toEqual(before.two)
    const changed = await call('one')
    expect(changed.word).toBe('uno')
    expect(changed.instance).not.toBe(before.one.instance)

    await writeFile(join(folder, 'millrace.config.yaml'), wiring(2))
    await command.shows('1 changed, 3 left as they were, in ', 2)
    expect(command.out.split('changed   rule     shop/big')).toHaveLength(2)
    expect(await call('one')).toEqual(changed)
    expect(await call('two')).toEqual(before.two)
  })

  test('an environment has its own resources and its own state', async () => {
    const folder = await temporaryFolder()
    await writeFile(
      join(folder, 'millrace.config.ts'),
      'export default ({ environment }) => ({ queues: { [`later-${environment}`]: {} } })\n',
    )
    const { command, client } = await dev(folder, '--env', 'staging')
    expect(command.out).toContain(`state in ${join(folder, '.millrace/environments/staging')}`)
    expect((await client.queues.list()).items.map(({ name }) => name)).toEqual(['later-staging'])

    const astray = await millrace(['dev', folder, '--env', '../x'], {})
    expect(astray).toMatchObject({
      status: 1,
      error: expect.stringContaining('no name for an env') as string,
    })
  })
})
