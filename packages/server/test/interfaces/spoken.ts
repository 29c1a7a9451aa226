import { awsOperations } from '../../src/http/aws/index.ts'
import {
  type CompatibleInterface,
  eventBridgeInterfaces,
  type Listener,
  rpcPath,
} from '../../src/http/index.ts'
import { ramInterfaces } from '../../src/http/ram/index.ts'
import { mnsRoutes } from '../../src/http/mns/index.ts'
import { slsRoutes } from '../../src/http/sls/index.ts'
import { stsOperations } from '../../src/http/sts/index.ts'
import { bodies } from './bodies.ts'
import { acs, acs3, aws, bearer, fcNative, mns, rpcSigned, type Signer, sls } from './signers.ts'
import type { WireRequest } from './wire-request.ts'

/** Whose resources are asked for: the name is that of all of them. */
export interface Named {
  readonly name: string
  /** The account that a request names where it can name one. */
  readonly account: string
  /** The same account as names of AWS have it. */
  readonly owner: string
  /** Name of a package of code. */
  readonly code: string
}

/** One action of one interface, as the table of that interface has it. */
export interface SpokenAction {
  readonly name: string
  /** Needs no more than a key, or is answered the same to everybody that has one. */
  readonly isForAnyKey: boolean
  /** The request for resources of a name, not yet signed. */
  request(named: Named, host: string): WireRequest
}

export type InterfaceName =
  | 'rest'
  | 'eventbridge'
  | 'rpc'
  | 'fc2'
  | 'fc3'
  | 'mns'
  | 'sls'
  | 'aws'
  | 'sts'
  | 'ram'
  | 'ram-signed-v1'

/** An interface with everything that it does. */
export interface Spoken {
  readonly name: InterfaceName
  readonly sign: Signer
  readonly actions: readonly SpokenAction[]
}

/** Doors that take what the router does not, and which of the interfaces below calls at each; those that are none have a test of their own. */
export const doorCallers: Readonly<Record<string, InterfaceName | 'of triggers' | 'of webhooks'>> = {
  triggers: 'of triggers',
  hooks: 'of webhooks',
  sls: 'sls',
  mns: 'mns',
  aws: 'aws',
  rpc: 'ram-signed-v1',
  door: 'rest',
}

/** By `x-acs-version`, which tells the interfaces apart that share the root. */
export const rootVersions: Readonly<Record<string, InterfaceName>> = {
  '2020-04-01': 'rpc',
  '2015-04-01': 'sts',
  '2015-05-01': 'ram',
}

type CompatibleAction = CompatibleInterface['actions'][number]

const ramActions = ramInterfaces.flatMap(({ actions }) => actions)
const rpcActions = eventBridgeInterfaces.find(({ title }) => title.endsWith('2020-04-01'))?.actions ?? []

/** Every interface with every action, from the tables by which requests are routed. */
export function everythingSpoken({ routes }: Pick<Listener, 'routes'>): readonly Spoken[] {
  const routed = (name: InterfaceName, sign: Signer, prefixes: readonly string[]): Spoken => ({
    name,
    sign,
    actions: routes
      .filter(({ path, isOpen }) => !isOpen && prefixes.some(prefix => path.startsWith(prefix)))
      .flatMap(({ path, access }) =>
        [...access].map(([method, needed]) => routedAction(name, method, path, needed === 'authenticated')),
      ),
  })
  return [
    routed('rest', bearer, ['/api/v1/', '/metrics']),
    routed('eventbridge', acs, ['/openapi/']),
    routed('fc3', acs3, ['/2023-03-30/']),
    routed('fc2', fcNative, ['/2016-08-15/', '/2021-04-06/']),
    rooted('rpc', '2020-04-01', rpcActions, bodies.eventBridge),
    rooted('ram', '2015-05-01', ramActions, bodies.ram),
    { ...rooted('ram', '2015-05-01', ramActions, bodies.ram), name: 'ram-signed-v1', sign: rpcSigned },
    {
      name: 'sts',
      sign: acs3,
      actions: [...stsOperations.keys()].map(name => ({
        name,
        isForAnyKey: name === 'GetCallerIdentity',
        request: ({ name: role, account }, host) =>
          rootRequest(host, '2015-04-01', name, {
            RoleSessionName: 'stranger',
            RoleArn: `acs:ram::${account}:role/${role}`,
          }),
      })),
    },
    { name: 'mns', sign: mns, actions: mnsActions() },
    { name: 'sls', sign: sls, actions: slsActions() },
    {
      name: 'aws',
      sign: aws,
      actions: [...awsOperations.keys()].map(name => ({
        name,
        isForAnyKey: false,
        request: (named, host) => ({
          method: 'POST',
          path: '/',
          headers: {
            host,
            'content-type': 'application/x-amz-json-1.1',
            'x-amz-target': `AWSEvents.${name}`,
          },
          body: JSON.stringify(bodies.aws(named)),
        }),
      })),
    },
  ]
}

/** The call of one route of the router. */
export function routedAction(
  spoken: InterfaceName,
  method: string,
  path: string,
  isForAnyKey: boolean,
): SpokenAction {
  return {
    name: `${method} ${path}`,
    isForAnyKey,
    request: (named, host) => {
      const bodied = method === 'GET' || method === 'HEAD' ? undefined : bodies.routed(spoken, path, named)
      return {
        method,
        path: filled(path, named),
        headers: { host, ...(bodied === undefined ? {} : { 'content-type': bodied.type }) },
        body: bodied?.text ?? '',
      }
    },
  }
}

/** An interface at the root: what it refuses to do at all, it refuses everybody who has a key. */
function rooted(
  name: InterfaceName,
  version: string,
  actions: readonly CompatibleAction[],
  parametersOf: (named: Named) => Readonly<Record<string, unknown>>,
): Spoken {
  return {
    name,
    sign: acs3,
    actions: actions.map(action => ({
      name: action.name,
      isForAnyKey: action.verdict === 'refused',
      request: (named, host) => rootRequest(host, version, action.name, parametersOf(named)),
    })),
  }
}

/** The parameters are in the query; what is no text is sent as JSON. */
function rootRequest(
  host: string,
  version: string,
  action: string,
  parameters: Readonly<Record<string, unknown>>,
): WireRequest {
  const query = Object.entries(parameters).map(
    ([name, value]) =>
      `${name}=${encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value))}`,
  )
  return {
    method: 'POST',
    path: `${rpcPath}?${query.toSorted().join('&')}`,
    headers: { host, 'x-acs-version': version, 'x-acs-action': action },
    body: '',
  }
}

function mnsActions(): SpokenAction[] {
  return mnsRoutes.map(({ method, path, actions, isOverride }) => ({
    name: actions.join('/'),
    isForAnyKey: false,
    request: (named, host) => ({
      method,
      path: filled(path, named) + (isOverride === true ? '?metaoverride=true' : ''),
      headers: { host, 'x-mns-version': '2015-06-06', 'content-type': 'text/xml' },
      body: method === 'PUT' || method === 'POST' ? bodies.mns(path) : '',
    }),
  }))
}

function slsActions(): SpokenAction[] {
  return slsRoutes.map(({ method, path, type, actions }) => ({
    name: `${actions.join('/')} ${method} ${path}`,
    isForAnyKey: false,
    request: (named, host) => ({
      method: method === '*' ? 'POST' : method,
      path:
        filled(path.replace(/\/\*$/, ''), named) + (type === undefined || type === '' ? '' : `?type=${type}`),
      headers: { host, 'x-log-apiversion': '0.6.0', 'x-log-bodyrawsize': '0' },
      body: '',
    }),
  }))
}

/** A path with values for its parameters that are valid where any name is. */
function filled(path: string, { name, account, code }: Named): string {
  return path.replaceAll(/:(\w+)/g, (_, parameter: string) => {
    switch (parameter) {
      case 'position':
      case 'version':
      case 'shard':
        return parameter === 'shard' ? '0' : '1'
      case 'host':
      case 'domain':
        return `${name}.example.com`
      case 'arn':
        return encodeURIComponent(`acs:fc:local:${account}:layers/${name}/versions/1`)
      case 'code':
        return code
      case 'qualifier':
        return 'LATEST'
      default:
        return name
    }
  })
}
