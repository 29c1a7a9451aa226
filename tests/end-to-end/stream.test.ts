import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { ServerProcess } from '../../tools/process/index.ts'
import { type Ended, MillraceCommand, millrace, patienceMs, testLimitMs } from './command.ts'
import { environmentOf, temporaryFolder } from './place.ts'

let folder: string
let data: string
let server: ServerProcess
let run: (...args: string[]) => Promise<Ended>

beforeEach(async () => {
  folder = await temporaryFolder()
  data = join(folder, 'data')
  await mkdir(data)
  server = await ServerProcess.prepare(join(folder, 'state'), { MILLRACE_FILE_ROOTS: data })
  onTestFinished(() => server.kill())
  await server.start()
  run = (...args) => millrace(args, environmentOf(server))
}, testLimitMs)

const lines = (...values: unknown[]): string => values.map(value => `${JSON.stringify(value)}\n`).join('')

/** Numbers `n` of the data of the events in a file, in order; none while there is no file. */
async function numbersIn(path: string): Promise<number[]> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return text
    .split('\n')
    .filter(line => line.endsWith('}'))
    .map(line => (JSON.parse(line) as { data: { n: number } }).data.n)
}

describe('millrace stream', { timeout: testLimitMs }, () => {
  test('brings lines of a file to a function, tells how it goes, pauses, goes on from where it was, and ends', async () => {
    const orders = join(data, 'orders.jsonl')
    await writeFile(
      join(folder, 'clean.mjs'),
      "export const handler = async event => { console.log('got ' + JSON.stringify(JSON.parse(event.toString()).map(one => one.data))) }\n",
    )
    await writeFile(orders, `${lines({ n: 1 })}not json\n${lines({ n: 2 })}`)
    await run('fn', 'deploy', join(folder, 'clean.mjs'))

    const created = await run(
      'stream',
      'create',
      'orders',
      '--from',
      `file:${orders}`,
      '--to',
      'function:clean',
    )
    expect(created).toMatchObject({ status: 0 })
    expect(created.out).toMatch(/created +stream orders\n/)
    await expect
      .poll(async () => (await run('fn', 'logs', 'clean')).out, { timeout: patienceMs })
      .toContain('got [{"n":1},{"n":2}]')
    const status = await run('stream', 'status', 'orders')
    expect(status.out).toMatch(/orders +running +0 +\d/)
    expect(status.out).toMatch(/read +matched.*\n +3 +2 /)
    expect((await run('stream', 'list')).out).toMatch(/orders +file +function clean +running/)

    expect((await run('stream', 'pause', 'orders')).out).toMatch(/paused +stream orders/)
    await appendFile(orders, lines({ n: 3 }))
    await expect
      .poll(async () => (await run('stream', 'list')).out, { timeout: patienceMs })
      .toMatch(/orders .*paused/)
    expect((await run('stream', 'resume', 'orders')).out).toMatch(/resumed +stream orders/)
    await expect
      .poll(async () => (await run('fn', 'logs', 'clean')).out, { timeout: patienceMs })
      .toContain('got [{"n":3}]')
    expect((await run('stream', 'rm', 'orders')).out).toMatch(/removed +stream orders/)
    expect(await run('stream', 'status', 'orders')).toMatchObject({ status: 1, out: '' })
  })

  test('reads a definition from a file, and shows it again and again while somebody watches', async () => {
    const definition = join(folder, 'copy.yaml')
    await writeFile(
      definition,
      `source: { connector: echo, options: { texts: ['{"n":1}', '{"n":2}'], count: 6, ratePerSecond: 0 } }
pattern: { data: { n: [2] } }
transform: { form: JSONPATH, value: $.data.n }
sink: { connector: file, options: { path: ${join(data, 'copy.jsonl')} } }
`,
    )
    const watch = MillraceCommand.launch(
      ['stream', 'status', 'copy', '--watch', '--json'],
      environmentOf(server),
    )
    const early = await watch.ended()
    expect(early).toMatchObject({ status: 1 })
    await run('stream', 'create', '-f', definition)
    await expect
      .poll(() => readFile(join(data, 'copy.jsonl'), 'utf8').catch(() => ''), { timeout: patienceMs })
      .toBe('2\n2\n2\n')
    const again = MillraceCommand.launch(
      ['stream', 'status', 'copy', '--watch', '--json'],
      environmentOf(server),
    )
    await again.shows('"state":"running"', 2)
    again.signal('SIGINT')

    expect(await again.ended()).toMatchObject({ status: 0, error: '' })
    const [first = ''] = again.out.split('\n')
    expect(JSON.parse(first)).toMatchObject({ counts: { read: 6, matched: 3, filtered: 3, written: 3 } })
  })

  test('takes requests at an address of its own, which it tells', async () => {
    const created = await run(
      'stream',
      'create',
      'hooks',
      '--from',
      'http',
      '--to',
      `file:${join(data, 'hooks.jsonl')}`,
    )
    const [, url = ''] = /url +(http\S+)/.exec(created.out) ?? []
    await expect
      .poll(async () => (await fetch(`${url}/x?a=1`, { method: 'POST', body: '{"n":1}' })).status, {
        timeout: patienceMs,
      })
      .toBe(200)
    await expect
      .poll(() => readFile(join(data, 'hooks.jsonl'), 'utf8').catch(() => ''), { timeout: patienceMs })
      .toContain('"path":"/x"')
    await run('stream', 'pause', 'hooks')
    await expect
      .poll(async () => (await fetch(url, { method: 'POST' })).status, { timeout: patienceMs })
      .toBe(503)
    await run('stream', 'rm', 'hooks')

    expect((await fetch(url, { method: 'POST' })).status).toBe(404)
  })

  test('that cannot run says why in a sentence', async () => {
    await run('stream', 'create', 'a', '--from', 'file:/etc/hostname', '--to', 'console')
    await expect
      .poll(async () => (await run('stream', 'status', 'a')).out, { timeout: patienceMs })
      .toMatch(/a +failed[^]*because .*the operator of this server allows them \[source\.rejected\]/)
  })

  test('refuses what it does not know with what there is', async () => {
    const told = async (...args: string[]): Promise<string> =>
      (await run('stream', 'create', 's', ...args)).error
    expect(await told('--from', 'carrier-pigeon:x', '--to', 'bus:b')).toMatch(/there are .*file/)
    expect(await told('--from', 'echo', '--to', 'nowhere')).toMatch(/there are function, bus, queue, topic/)
    expect(await told('--from', 'echo', '--option', 'txts=x', '--to', 'bus:b')).toContain(
      'did you mean texts?',
    )
    expect(await told('--from', 'echo')).toContain('--to function:NAME')
    expect(await told('--from', 'echo', '--to', 'function:nobody')).toContain('there is no function nobody')
    expect(await told('-f', 'x.yaml', '--from', 'echo')).toContain('do not go together')
  })
})

test(
  'a server that is killed in the middle of a stream has lost no line when it is started again',
  async () => {
    const [from, to] = [join(data, 'from.jsonl'), join(data, 'to.jsonl')]
    const total = 1_500
    await run('stream', 'create', 's', '--from', `file:${from}`, '--to', `file:${to}`, '--batch', '20')
    for (let n = 0; n < total; n += 500) {
      await appendFile(from, lines(...Array.from({ length: 500 }, (_, i) => ({ n: n + i }))))
      const before = (await numbersIn(to)).length
      await expect
        .poll(async () => (await numbersIn(to)).length, { timeout: patienceMs, interval: 5 })
        .toBeGreaterThan(before)
      await server.kill()
      await server.start()
    }
    await expect.poll(async () => new Set(await numbersIn(to)).size, { timeout: patienceMs }).toBe(total)
  },
  testLimitMs,
)

describe('millrace instance', { timeout: testLimitMs }, () => {
  test('names a system by the flags of its connector; its secrets are shown by nothing and stored nowhere in the clear', async () => {
    await writeFile(join(folder, 'password'), 'planted-secret\n')
    const add = [
      'instance',
      'add',
      'kafka',
      'orders-kafka',
      '--bootstrap',
      '127.0.0.1:1',
      '--sasl-mechanism',
      'PLAIN',
    ]
    const added = await run(
      ...add,
      '--sasl-username',
      'ada',
      '--sasl-password-file',
      join(folder, 'password'),
    )
    expect(added).toMatchObject({ status: 0 })
    expect(added.out).toMatch(/created +instance orders-kafka of kafka\n/)
    const listed = await run('instance', 'ls')
    const whole = await run('instance', 'ls', '--json')

    expect(listed.out).toMatch(/orders-kafka +kafka/)
    expect(JSON.parse(whole.out)).toMatchObject([
      {
        spec: {
          options: {
            bootstrap: '127.0.0.1:1',
            sasl: { username: 'ada', password: expect.stringMatching(/^sealed:/) },
          },
        },
      },
    ])
    const [{ spec }] = JSON.parse(whole.out) as [{ spec: { connector: string } }]
    const { instances } = server.client()
    await expect(instances.put('copy', spec)).rejects.toMatchObject({ code: 'secret.copied' })
    expect(await instances.put('orders-kafka', spec)).toMatchObject({ created: false, revision: 1 })
    await server.stop()
    const kept = await readdir(join(folder, 'state'), { recursive: true, withFileTypes: true })
    const files = kept.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
    expect(files.length).toBeGreaterThan(2)
    for (const file of files) expect((await readFile(file)).includes('planted-secret'), file).toBe(false)
    for (const { out, error } of [added, listed, whole]) expect(out + error).not.toContain('planted-secret')
  })

  test('lists the flags of a connector, and refuses one that there is not with the nearest', async () => {
    const help = await run('instance', 'add', 'kafka')
    const wrong = await run('instance', 'add', 'kafka', 'k', '--boostrap', 'a:1')
    const none = await run('instance', 'add', 'echo', 'e')

    expect(help.status).toBe(2)
    expect(help.error).toMatch(/--sasl-password TEXT/)
    expect(wrong).toMatchObject({ status: 1, out: '' })
    expect(wrong.error).toContain('did you mean --bootstrap?')
    expect(none.error).toMatch(/echo has no instances; there are instances of .*kafka/)
  })

  test('that a stream names stays, and a wiring has both', async () => {
    await writeFile(
      join(folder, 'millrace.config.yaml'),
      `buses: { shop: {} }
instances:
  main: { connector: kafka, options: { bootstrap: '127.0.0.1:1' } }
streams:
  orders: { source: { connector: kafka, instance: main, options: { topic: orders, group: shop } }, sink: { bus: shop }, paused: true }
`,
    )
    const applied = await run('apply', folder)
    expect(applied).toMatchObject({ status: 0, error: '' })
    expect(applied.out).toMatch(/created +instance main[^]*created +stream +orders/)
    expect((await run('apply', folder)).out).not.toMatch(/^(created|changed)/m)
    const held = await run('instance', 'rm', 'main')
    expect(held.error).toContain('stream orders goes by the instance main')
    await run('stream', 'rm', 'orders')
    expect((await run('instance', 'rm', 'main')).out).toMatch(/removed +instance main/)
  })
})
