import { cp, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { logTexts, startExampleServer } from '../../testing.ts'

const example = join(import.meta.dirname, '..')
const authorization = 'Bearer let-me-see-the-menu'
const origin = 'https://cafe.example.com'

test('requests with the token are answered, those without are not, and the page of the other origin may read', async () => {
  await using server = await startExampleServer()
  await server.millrace('apply', example)
  const url = await server.client.functionUrl('menu')

  const prices = await fetch(`${url}prices?item=tea`, { headers: { authorization, origin } })
  expect(await prices.json()).toEqual({ tea: 240 })
  expect(prices.headers.get('access-control-allow-origin')).toBe(origin)

  const order = await fetch(`${url}orders`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ items: ['coffee', 'cake'] }),
  })
  expect([order.status, await order.json()]).toEqual([201, { total: 630 }])
  await expect
    .poll(() => logTexts(server.client, 'menu'), { timeout: 30_000 })
    .toContainEqual(expect.stringContaining('coffee, cake: 630 cents'))

  const stranger = await fetch(`${url}prices`, { headers: { authorization: 'Bearer of-somebody-else' } })
  expect(stranger.status).toBe(401)
  const preflight = await fetch(`${url}orders`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST' },
  })
  expect(preflight.headers.get('access-control-allow-origin')).toBe(origin)
  const elsewhere = await fetch(`${url}prices`, {
    headers: { authorization, origin: 'https://elsewhere.example' },
  })
  expect(elsewhere.headers.get('access-control-allow-origin')).toBeNull()
})

test('an alias shares its requests between two versions', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'millrace-fn-http-'))
  await cp(join(example, 'functions'), join(folder.path, 'functions'), { recursive: true })
  const wiringPath = join(folder.path, 'millrace.config.yaml')
  const wiring = await readFile(join(example, 'millrace.config.yaml'), 'utf8')
  await writeFile(wiringPath, wiring)
  await using server = await startExampleServer()
  await server.millrace('apply', folder.path)
  await server.millrace('fn', 'publish', 'menu', '--alias', 'live')

  // The address of the alias, as README.md adds it.
  const live = '      live: { kind: http, qualifier: live, auth: { kind: none } }\n'
  await writeFile(wiringPath, `${wiring}${live}`)
  const codePath = join(folder.path, 'functions/menu/index.mts')
  const code = await readFile(codePath, 'utf8')
  await writeFile(codePath, code.replace('tea: 240', 'tea: 260'))
  await server.millrace('apply', folder.path)
  await server.millrace('fn', 'publish', 'menu')
  const url = await server.client.functionUrl('menu', 'live')
  const teaPrice = async (): Promise<unknown> => (await fetch(`${url}prices?item=tea`)).json()
  expect(await teaPrice()).toEqual({ tea: 240 })

  await server.millrace('fn', 'alias', 'menu', 'live', '1', '--canary', '2=50')
  const seen = new Set<string>()
  await expect
    .poll(async () => [...seen.add(JSON.stringify(await teaPrice()))].toSorted(), { timeout: 30_000 })
    .toEqual(['{"tea":240}', '{"tea":260}'])

  await server.millrace('fn', 'alias', 'menu', 'live', '2')
  expect(await teaPrice()).toEqual({ tea: 260 })
})
