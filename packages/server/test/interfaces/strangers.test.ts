import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { awsInterfaces, awsOperations } from '../../src/http/aws/index.ts'
import type { RouteEntry } from '../../src/http/index.ts'
import { mnsInterfaces, mnsRoutes } from '../../src/http/mns/index.ts'
import { slsInterfaces, slsRoutes } from '../../src/http/sls/index.ts'
import { stsOperations } from '../../src/http/sts/index.ts'
import { refusals } from './expected.ts'
import { absent, existing, marker, openPlace, type Place, type Strangers } from './place.ts'
import type { Presented } from './signers.ts'
import {
  doorCallers,
  type InterfaceName,
  type Named,
  rootVersions,
  routedAction,
  type Spoken,
  type SpokenAction,
} from './spoken.ts'
import type { WireAnswer } from './wire-request.ts'

/*
 * Every action of every interface, found in the tables by which requests are routed, is called by everybody who must not have it:
 * whoever adds an action, a version, a door or an interface is told here when it is open, or when nobody calls it.
 */
let place: Place
beforeAll(async () => {
  place = await openPlace()
})
afterAll(() => place[Symbol.asyncDispose]())

function spokenOf(name: InterfaceName): Spoken {
  const found = place.spoken.find(one => one.name === name)
  if (found === undefined) throw new Error(`${name} is spoken`)
  return found
}

async function call(
  { sign }: Spoken,
  action: SpokenAction,
  named: Named,
  presented: Presented | undefined,
): Promise<WireAnswer> {
  const request = action.request(named, place.wire.host)
  return await place.wire.send(presented === undefined ? request : sign(request, presented))
}

/** What of an answer must not depend on what there is: all but ids, times, and the name that was asked for. */
function normal({ status, text }: WireAnswer): string {
  const { existing: first, absent: second } = place.named
  const named = text.replaceAll(absent, existing).replaceAll(second.code, first.code)
  const plain = named
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, 'ID')
    .replaceAll(/(request-?id"?>?:?\s?"?)[\w-]+/gi, '$1ID')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, 'TIME')
    .replaceAll(/\b1[78]\d{11}\b|\b1[78]\d{8}(?:\.\d+)?\b/g, 'TIME')
    .replaceAll(/\b\d{18}\b|\bMR[0-9A-F]{20}\b/g, 'ID')
    .replaceAll(/("uptimeMs":|[Ss]ecret":")[\w-]+/g, '$1')
  return `${status} ${plain}`
}

const interfaces = Object.keys(refusals) as InterfaceName[]
const everybody = Object.keys(refusals.rest) as (keyof Strangers)[]

describe('nothing is forgotten', () => {
  /** Routes that are closed and that no interface of this test calls. */
  function uncalled(routes: readonly RouteEntry[]): string[] {
    const called = new Set(place.spoken.flatMap(({ actions }) => actions.map(({ name }) => name)))
    return routes
      .filter(({ isOpen }) => !isOpen)
      .flatMap(({ path, methods, versions }) =>
        path === '/'
          ? [...versions].filter(version => rootVersions[version] === undefined)
          : [...methods].map(method => `${method} ${path}`).filter(name => !called.has(name)),
      )
  }

  test('every closed route of the router, each version at its root, and each door are called', () => {
    const { routes, doors } = place.server.listener
    expect(uncalled(routes)).toEqual([])
    expect(Object.keys(doorCallers).toSorted()).toEqual(doors.toSorted())
    const versions = routes.find(({ path }) => path === '/')?.versions
    expect([...(versions ?? [])].toSorted()).toEqual(Object.keys(rootVersions).toSorted())
  })

  test('a route or a version that is new and that nothing calls is noticed', () => {
    const [route] = place.server.listener.routes.filter(({ isOpen }) => !isOpen)
    if (route === undefined) throw new Error('there are routes')
    expect(uncalled([{ ...route, path: '/new' }])).toContain('GET /new')
    expect(uncalled([{ ...route, path: '/', versions: new Set(['2099-01-01']) }])).toEqual(['2099-01-01'])
  })

  test('as many actions are called as the tables have', () => {
    const { routes } = place.server.listener
    const routed = routes
      .filter(({ path, isOpen }) => !isOpen && path !== '/')
      .reduce((sum, { methods }) => sum + methods.size, 0)
    const sizes = Object.fromEntries(place.spoken.map(({ name, actions }) => [name, actions.length]))
    const { rest = 0, eventbridge = 0, fc2 = 0, fc3 = 0 } = sizes
    expect(rest + eventbridge + fc2 + fc3).toBe(routed)
    expect(sizes).toMatchObject({
      mns: mnsRoutes.length,
      sls: slsRoutes.length,
      aws: awsOperations.size,
      sts: stsOperations.size,
    })
    expect(routed).toBeGreaterThan(500)
  })

  test('the tables by which queues, log stores and AWS are routed have what the documentation promises', () => {
    const promised = (tables: typeof mnsInterfaces): string[] =>
      tables.flatMap(({ actions }) => actions.map(({ name }) => name)).toSorted()
    const routed = (routes: readonly { readonly actions: readonly string[] }[]): string[] =>
      [...new Set(routes.flatMap(({ actions }) => actions))].toSorted()
    expect(routed(mnsRoutes)).toEqual(promised(mnsInterfaces))
    expect(routed(slsRoutes)).toEqual(promised(slsInterfaces))
    expect([...awsOperations.keys()].toSorted()).toEqual(promised(awsInterfaces))
  })

  test('what needs no permission is nobody’s secret', () => {
    const free = (name: InterfaceName): string[] =>
      spokenOf(name)
        .actions.filter(({ isForAnyKey }) => isForAnyKey)
        .map(action => action.name)
        .filter(action => !action.startsWith('HEAD '))
    expect(free('rest').toSorted()).toEqual([
      'GET /api/v1/caller',
      'GET /api/v1/connectors',
      'GET /api/v1/openapi.json',
      'GET /api/v1/status',
    ])
    expect([...free('fc2'), ...free('fc3'), ...free('eventbridge')]).toEqual([])
    expect(free('sts')).toEqual(['GetCallerIdentity'])
  })
})

describe.each(interfaces)('%s', name => {
  test.each(everybody)(
    '%s is refused everything, the same whatever there is, and changes nothing',
    async who => {
      const spoken = spokenOf(name)
      const before = await place.state()
      const isKnown = who.endsWith('without permission')
      for (const action of spoken.actions) {
        const isRefused = !isKnown || !action.isForAnyKey
        const given = await call(spoken, action, place.named.existing, place.strangers[who])
        const other = await call(spoken, action, place.named.absent, place.strangers[who])
        expect(normal(given), action.name).toBe(normal(other))
        expect(given.text).not.toContain(marker)
        if (!isRefused) continue
        const seen = action.name.startsWith('HEAD ') ? `${given.status}` : `${given.status} ${given.code}`
        const wanted = refusals[name][who]
        expect(seen, `${action.name} ${given.text}`).toBe(
          action.name.startsWith('HEAD ') ? wanted.slice(0, 3) : wanted,
        )
        if (isKnown && seen !== wanted.slice(0, 3))
          expect(given.text).toContain('is not authorized to perform')
      }
      expect(await place.state()).toBe(before)
    },
  )

  test('another account finds nothing of the first, the same whatever there is, and changes nothing', async () => {
    const spoken = spokenOf(name)
    const before = await place.state()
    for (const action of spoken.actions) {
      const given = await call(spoken, action, place.named.existing, place.other)
      const other = await call(spoken, action, place.named.absent, place.other)
      expect(given.status, `${action.name} ${given.text}`).toBeLessThan(500)
      expect(given.text, action.name).not.toContain(marker)
      if (!shared.test(action.name)) expect(normal(given), action.name).toBe(normal(other))
    }
    expect(await place.state()).toBe(before)
  })
})

test.each(['GET /metrics', 'POST /api/v1/runtimes/:runtime', 'DELETE /api/v1/runtimes/:runtime'])(
  '%s, which is about all accounts, is for the account that runs the server',
  async name => {
    const spoken = spokenOf('rest')
    const action = spoken.actions.find(one => one.name === name)
    if (action === undefined) throw new Error(`there is ${name}`)
    const refused = await call(spoken, action, place.named.existing, place.other)
    expect([refused.status, refused.code]).toEqual([403, 'http.operator-only'])
    const { code } = await call(spoken, action, place.named.existing, place.owner)
    expect(code).not.toBe('http.operator-only')
  },
)

test('what is open shows nothing of the account, the same whatever there is, and changes nothing', async () => {
  const before = await place.state()
  const open = place.server.listener.routes.filter(({ isOpen }) => isOpen)
  expect(open.length).toBeGreaterThan(5)
  for (const { path, methods } of open) {
    for (const method of methods) {
      const action = routedAction('rest', method, path, true)
      const [given, other] = await Promise.all(
        [place.named.existing, place.named.absent].map(named =>
          place.wire.send(action.request(named, place.wire.host)),
        ),
      )
      if (given === undefined || other === undefined) throw new Error('two were asked for')
      expect(given.text, action.name).not.toContain(marker)
      expect(normal(given), action.name).toBe(normal(other))
    }
  }
  expect(await place.state()).toBe(before)
})

/**
 * What all accounts share, so that it shows whether it is there, and no more: hosts of domains; and packages of code, which are named by the
 * hash of their content.
 */
const shared = /\/(?:custom-)?domains|\/code\/:code$/

/** Whether an action only looks, by its name in any of the interfaces. */
function isLook({ name }: SpokenAction): boolean {
  return /^(?:GET |List|Get|Describe|Receive)|\/(?:list|get)[A-Z]/.test(name)
}

test.each<[InterfaceName, string]>([
  ['rest', marker],
  ['eventbridge', marker],
  ['rpc', marker],
  ['ram', existing],
  ['fc3', marker],
  ['mns', marker],
  ['sls', existing],
  ['aws', marker],
])('%s shows the account itself what is looked for', async (name, sign) => {
  const spoken = spokenOf(name)
  const seen: string[] = []
  for (const action of spoken.actions.filter(isLook)) {
    if ((await call(spoken, action, place.named.existing, place.owner)).text.includes(sign))
      seen.push(action.name)
  }
  expect(seen).not.toEqual([])
})

test.each(interfaces)(
  '%s refuses a user who may do everything nothing for want of permission',
  async name => {
    const spoken = spokenOf(name)
    const looks = spoken.actions.filter(isLook)
    expect(looks).not.toEqual([])
    for (const action of looks) {
      const answer = await call(spoken, action, place.named.existing, place.everything)
      expect(answer.text, action.name).not.toContain('is not authorized to perform')
    }
  },
)
