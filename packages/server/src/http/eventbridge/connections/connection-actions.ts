import { type Static, Type } from 'typebox'
import { busKey, type InstanceSpec, type NamedPart, type NamedView } from '../../../resources/index.ts'
import type { Services } from '../../services.ts'
import { type Action, type Answer, isObject, jsonAction } from '../action.ts'
import { foreignName, foreignOf } from '../foreign.ts'
import { nextToken, windowOf } from '../paging.ts'
import { Refusal } from '../refusal.ts'
import { masked, unmasked } from '../masks.ts'
import { AuthParameters, authOption } from './auth.ts'
import { rewriteBound, boundTo } from './destinations.ts'
import { connectionInstance } from './names.ts'

const NetworkParameters = Type.Object({
  NetworkType: Type.Optional(Type.String()),
  VpcId: Type.Optional(Type.String()),
  VswitcheId: Type.Optional(Type.String()),
  SecurityGroupId: Type.Optional(Type.String()),
})
const Connection = {
  ConnectionName: Type.String(),
  Description: Type.Optional(Type.String({ maxLength: 255 })),
  NetworkParameters: Type.Optional(NetworkParameters),
  AuthParameters: Type.Optional(AuthParameters),
  Type: Type.Optional(Type.String()),
}
const ConnectionInput = Type.Object(Connection)
type ConnectionInput = Static<typeof ConnectionInput>
const ConnectionName = Type.Object({ ConnectionName: Type.String() })
const ListConnections = Type.Object({
  ConnectionNamePrefix: Type.Optional(Type.String()),
  Type: Type.Optional(Type.String()),
  MaxResults: Type.Optional(Type.Unknown()),
  NextToken: Type.Optional(Type.Unknown()),
})

/** Page of the lists of this group, when the caller names no number. */
export const resultsDefault = 10

/** Create, read, list, change and delete connections (section 10.1): instances of the HTTP connector. */
export function connectionActions(services: Services): Readonly<Record<string, Action>> {
  return {
    createConnection: jsonAction('connection', ConnectionInput, async (account, input) => {
      checkName(input.ConnectionName)
      await write(services, account, input, 0)
      return { ConnectionName: input.ConnectionName }
    }),
    updateConnection: jsonAction('connection', ConnectionInput, async (account, input) => {
      const before = find(services, account, input.ConnectionName)
      await write(services, account, { ...keptConnection(before), ...input }, before.revision, before)
      await rewriteBound(services, account, input.ConnectionName)
      return { ConnectionName: input.ConnectionName }
    }),
    getConnection: jsonAction('connection', ConnectionName, (account, input) => ({
      Connections: [connectionView(find(services, account, input.ConnectionName))],
    })),
    listConnections: jsonAction('connection', ListConnections, (account, input) =>
      list(services, account, input),
    ),
    deleteConnection: jsonAction('connection', ConnectionName, async (account, input) => {
      const { name } = find(services, account, input.ConnectionName)
      const [bound] = boundTo(services, account, input.ConnectionName)
      if (bound !== undefined) {
        throw new Refusal(
          'ConnectionBoundApiDestination',
          `the API destination ${bound.destination.ApiDestinationName} goes by the connection`,
        )
      }
      await services.resources.instances.delete(account, name)
      return {}
    }),
  }
}

const nameExpression = /^[A-Za-z0-9][A-Za-z0-9_-]{1,126}$/

function checkName(name: string): void {
  if (nameExpression.test(name)) return
  throw new Refusal(
    'ConnectionNameInvalid',
    'a name has 2 to 127 letters, digits, "-" and "_" and begins with a letter or digit',
  )
}

async function write(
  services: Services,
  account: string,
  input: ConnectionInput,
  expected: number,
  before?: InstanceView,
): Promise<void> {
  checkKind(input)
  const auth = unmasked(authOption(input.AuthParameters), before?.spec.options['auth'])
  const spec = {
    description: input.Description ?? '',
    connector: 'http',
    options: auth === undefined ? {} : { auth },
    foreign: { [foreignName]: { connection: masked(input) } },
  }
  await services.resources.instances.put(
    account,
    connectionInstance(input.ConnectionName),
    spec,
    expected,
    'eventbridge',
    connectionPart,
  )
}

const connectionPart: NamedPart<InstanceSpec> = {
  quota: 'connections',
  has: ({ spec }) => isObject(foreignOf(spec.foreign)['connection']),
}

/** Only what an HTTP request can be made of; the settings of private networks are kept, and everything is one network here. */
function checkKind({ Type: type = 'Http', NetworkParameters: network }: ConnectionInput): void {
  if (type.toLowerCase() !== 'http') {
    throw new Refusal(
      'RequestParameterInvalid',
      'connections are of the type Http here; databases are instances: millrace instance add …',
    )
  }
  const kind = network?.NetworkType
  if (kind === undefined || kind === 'PublicNetwork' || kind === 'PrivateNetwork') return
  throw new Refusal('ConnectionNetworkParametersInvalid', 'NetworkType is PublicNetwork or PrivateNetwork')
}

type InstanceView = NamedView<InstanceSpec>

/** Throws `ConnectionNotExist`. */
export function find(services: Services, account: string, name: string): InstanceView {
  const view = services.resources.snapshots.current().instances.get(busKey(account, connectionInstance(name)))
  if (view !== undefined && 'connection' in foreignOf(view.spec.foreign)) return view
  throw new Refusal('ConnectionNotExist', `there is no connection ${name.slice(0, 127)}`)
}

function keptConnection({ spec }: InstanceView): ConnectionInput {
  const { connection } = foreignOf(spec.foreign)
  return (isObject(connection) ? connection : {}) as unknown as ConnectionInput
}

function connectionView(view: InstanceView): Record<string, unknown> {
  return {
    Description: '',
    Type: 'Http',
    ...keptConnection(view),
    Id: view.revision,
    GmtCreate: view.createdAtMs,
  }
}

function list(services: Services, account: string, input: Static<typeof ListConnections>): Answer {
  const { ConnectionNamePrefix: prefix = '', MaxResults: Limit = resultsDefault, NextToken } = input
  const window = windowOf({ Limit, NextToken })
  const type = (input.Type ?? '').toLowerCase()
  const found = [...services.resources.snapshots.current().instances.values()]
    .filter(view => view.account === account && 'connection' in foreignOf(view.spec.foreign))
    .map(view => ({ view, name: keptConnection(view).ConnectionName }))
    .filter(({ name }) => name.startsWith(prefix) && (type === '' || type === 'http'))
    .sort((left, right) => (left.name < right.name ? -1 : 1))
  const page = found.slice(window.offset, window.offset + window.limit)
  return {
    Connections: page.map(({ view }) => connectionView(view)),
    MaxResults: window.limit,
    NextToken: nextToken(window, found.length),
    Total: found.length,
  }
}
