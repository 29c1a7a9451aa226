import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { type Ended, millrace, testLimitMs } from './command.ts'
import { environmentOf, runningServer, temporaryFolder } from './place.ts'

let folder: string
let run: (...args: string[]) => Promise<Ended>

beforeEach(async () => {
  folder = await temporaryFolder()
  const environment = environmentOf(await runningServer(join(folder, 'state')))
  run = (...args) => millrace(args, environment)
}, testLimitMs)

describe('millrace fn', { timeout: testLimitMs }, () => {
  test('begins a function, deploys it once, calls it, shows its log, and removes it', async () => {
    const place = join(folder, 'greet')

    const begun = await run('fn', 'init', 'greet', '--folder', place)
    expect(begun).toMatchObject({ status: 0, error: '' })
    expect(begun.out).toContain('millrace fn invoke greet --event @')
    const first = await run('fn', 'deploy', place)
    expect(first).toMatchObject({ status: 0 })
    expect(first.out).toMatch(/^sent .*1 file.*\ncreated +function greet\n/)
    const second = await run('fn', 'deploy', place)
    expect(second.out).toMatch(/unchanged +function greet\n/)

    const called = await run('fn', 'invoke', 'greet', '--event', `@${join(place, 'event.json')}`, '--log')
    expect(called.status).toBe(0)
    expect(JSON.parse(called.out)).toMatchObject({ greeting: 'Hello, Ada!' })
    expect(called.error).toContain('greeting Ada')
    const { requestId } = JSON.parse(called.out) as { requestId: string }
    const log = await run('fn', 'logs', 'greet', '--request', requestId)
    expect(log.out).toContain('greeting Ada')
    expect((await run('fn', 'ls')).out).toMatch(/greet +nodejs +index\.handler +128 MiB +10 s/)

    expect((await run('fn', 'rm', 'greet')).out).toMatch(/removed +function greet/)
    const gone = await run('fn', 'invoke', 'greet')
    expect(gone.status).toBe(1)
    expect(gone.error).toContain('millrace fn ls')
  })

  test('begins functions in several languages that work as they are', async () => {
    for (const template of ['nodejs-typescript', 'python', 'custom']) {
      const place = join(folder, template)
      await run('fn', 'init', template, '--template', template, '--folder', place)
      const deployed = await run('fn', 'deploy', place)
      const called = await run('fn', 'invoke', template, '--event', '{"name":"Bo"}')
      expect(deployed.out).toContain(`function ${template}`)
      expect(JSON.parse(called.out)).toMatchObject({ greeting: 'Hello, Bo!' })
    }
  })

  test('takes a single file; what fails is told with its stack, exit code 1', async () => {
    const path = join(folder, 'breaks.mjs')
    await writeFile(path, 'export const handler = async () => {\n  throw new TypeError("on purpose")\n}\n')

    const deployed = await run('fn', 'deploy', path, '--memory', '64', '--env', 'A=1', 'B=2')
    const called = await run('fn', 'invoke', 'breaks')

    expect(deployed).toMatchObject({ status: 0 })
    expect(called).toMatchObject({ status: 1, out: '' })
    expect(called.error).toContain('TypeError: on purpose')
    expect(called.error).toMatch(/breaks\.mjs:2:\d+/)
  })

  test('publishes versions, lets aliases point to them, and gives functions layers and addresses', async () => {
    const layer = join(folder, 'layer/nodejs/node_modules/words')
    await mkdir(layer, { recursive: true })
    await writeFile(join(layer, 'index.js'), "exports.hello = 'Good day'")
    await mkdir(join(folder, 'app'))
    await writeFile(
      join(folder, 'app/index.js'),
      "exports.handler = async () => `${require('words').hello}, ${process.env.WHO}`",
    )
    await writeFile(
      join(folder, 'millrace.config.yaml'),
      JSON.stringify({
        layers: { words: { code: 'layer' } },
        functions: {
          app: {
            code: 'app',
            layers: ['words'],
            environment: { WHO: 'Ada' },
            triggers: { web: { kind: 'http', auth: { kind: 'none' } } },
          },
        },
      }),
    )

    const applied = await run('apply', folder)
    expect(applied).toMatchObject({ status: 0, error: '' })
    expect(applied.out).toMatch(/created +layer +words\ncreated +function +app\ncreated +trigger +app\/web\n/)
    expect((await run('apply', folder)).out).not.toMatch(/^(created|changed)/m)
    const published = await run('fn', 'publish', 'app', '--alias', 'prod', '--description', 'first')
    expect(published.out).toMatch(/published version 1 of app\npoints +alias prod to version 1\n/)
    const deployed = await run('fn', 'deploy', folder, '--env', 'WHO=Bo')
    expect(deployed.out).toMatch(/changed +function app\n/)
    const url = /url +(http:\S+)/.exec(deployed.out)?.[1] ?? ''

    expect((await run('fn', 'invoke', 'app')).out).toBe('Good day, Bo')
    expect((await run('fn', 'invoke', 'app', '-q', 'prod')).out).toBe('Good day, Ada')
    expect(await (await fetch(url)).text()).toBe('Good day, Bo')
    expect((await run('fn', 'versions', 'app')).out).toMatch(/1 +prod +\S+ \S+ +first/)
    expect((await run('fn', 'alias', 'app')).out).toMatch(/prod +1 +–/)
    expect((await run('layer', 'ls')).out).toMatch(/words:1 +any/)
    expect((await run('layer', 'push', 'words', join(folder, 'layer'))).out).toMatch(/layer words:2/)
    expect((await run('layer', 'rm', 'words:2')).out).toMatch(/removed +layer words:2/)
    const later = await run('fn', 'invoke', 'app', '--async')
    expect(later.out).toMatch(/^accepted: \S+\n$/)
  })

  test('refuses what it does not know with what there is, and never overwrites', async () => {
    await writeFile(join(folder, 'mine'), 'precious')

    const template = await run('fn', 'init', 'a', '--runtime', 'cobol')
    const taken = await run('fn', 'init', 'a', '--folder', folder)
    const nothing = await run('fn', 'deploy', join(folder, 'nothing'))
    const flag = await run('fn', 'deploy', folder, '--memory', 'much')

    expect(template).toMatchObject({ status: 1 })
    expect(template.error).toContain('custom, go, java, nodejs, nodejs-typescript, python')
    expect(taken).toMatchObject({ status: 1 })
    expect(await readFile(join(folder, 'mine'), 'utf8')).toBe('precious')
    expect(nothing).toMatchObject({ status: 1 })
    expect(nothing.error).toContain('there is no code at')
    expect(flag.status).toBe(2)
  })
})
