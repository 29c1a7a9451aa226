import { type Static, Type } from 'typebox'
import { AppError } from '@millrace/spi'
import {
  type ApiDestination,
  apiDestinationArn,
  apiDestinations,
  readApiDestination,
} from './api-destination.ts'
import { pick } from './buses.ts'
import { connection, connectionArn } from './connections.ts'
import { Arn, arnOf, checkedName, Description, ownResource, ResourceName } from './names.ts'
import { type Answer, type Call, type Operation, operation } from './operation.ts'
import { pageOf, PageMembers } from './paging.ts'
import { alreadyThere, invalid, noSuch } from './refusal.ts'
import { rewriteTargets, usesOf } from './rewrite-targets.ts'
import { uuidOf } from './uuid.ts'

const Name = Type.Object({ Name: ResourceName })
const methods = ['POST', 'GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE'] as const
const HttpMethod = Type.Union(methods.map(method => Type.Literal(method)))
const InvocationEndpoint = Type.String({ minLength: 1, maxLength: 2_048 })
const InvocationRateLimitPerSecond = Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 }))
const CreateApiDestination = Type.Object({
  Name: ResourceName,
  ConnectionArn: Arn,
  InvocationEndpoint,
  HttpMethod,
  InvocationRateLimitPerSecond,
  Description,
})
const UpdateApiDestination = Type.Object({
  Name: ResourceName,
  ConnectionArn: Type.Optional(Arn),
  InvocationEndpoint: Type.Optional(InvocationEndpoint),
  HttpMethod: Type.Optional(HttpMethod),
  InvocationRateLimitPerSecond,
  Description,
})
const ListApiDestinations = Type.Object({
  NamePrefix: Type.Optional(ResourceName),
  ConnectionArn: Type.Optional(Arn),
  ...PageMembers,
})

/** Calls a second when the client names no number. */
const rateDefault = 300

/** Addresses for HTTP targets: documents of this interface (section 10.7 of the AWS protocol). */
export const apiDestinationOperations: Readonly<Record<string, Operation>> = {
  CreateApiDestination: operation(CreateApiDestination, create),
  UpdateApiDestination: operation(UpdateApiDestination, update),
  DescribeApiDestination: operation(Name, async (call, input) => {
    const found = await get(call, input.Name)
    return { ...shown(call, found), ...pick({ Description: read(found).description }, ['Description']) }
  }),
  ListApiDestinations: operation(ListApiDestinations, async (call, input) => {
    const { items } = await apiDestinations(call).list(call.account, {
      prefix: input.NamePrefix,
      limit: 1_000,
    })
    const wanted = input.ConnectionArn
    const found = items.filter(item => wanted === undefined || shown(call, item)['ConnectionArn'] === wanted)
    return pageOf('ApiDestinations', found, input, item => shown(call, item))
  }),
  DeleteApiDestination: operation(Name, async (call, input) => {
    const found = await get(call, input.Name)
    const [user] = usesOf(call, new Set([apiDestinationArn(call, read(found))]))
    if (user !== undefined) throw invalid(`Rule ${user.rule.name} still has the API destination as a target.`)
    await apiDestinations(call).delete(call.account, input.Name)
    return {}
  }),
}

const read = readApiDestination
type Found = Awaited<ReturnType<typeof get>>

async function get(call: Call, name: string) {
  const found = await apiDestinations(call).find(call.account, name)
  if (found === undefined) throw noSuch(`API destination ${name}`)
  return found
}

async function create(call: Call, input: Static<typeof CreateApiDestination>): Promise<Answer> {
  const destination: ApiDestination = {
    name: checkedName('an API destination', input.Name),
    unique: uuidOf(call.random),
    connection: connectionName(call, input.ConnectionArn),
    endpoint: checkedEndpoint(input.InvocationEndpoint),
    method: checkedMethod(input.HttpMethod),
    ratePerSecondMax: input.InvocationRateLimitPerSecond ?? rateDefault,
    ...(input.Description === undefined ? {} : { description: input.Description }),
  }
  try {
    await apiDestinations(call).put(call.account, input.Name, destination, 0, {
      quota: 'api-destinations',
      face: 'aws',
    })
  } catch (thrown) {
    const isThere = thrown instanceof AppError && thrown.code === 'resource.conflict'
    throw isThere ? alreadyThere(`API destination ${input.Name}`) : thrown
  }
  return times(call, await get(call, input.Name))
}

/** Also changes the targets that send there. */
async function update(call: Call, input: Static<typeof UpdateApiDestination>): Promise<Answer> {
  const found = await get(call, input.Name)
  const before = read(found)
  const destination: ApiDestination = {
    ...before,
    ...(input.ConnectionArn === undefined ? {} : { connection: connectionName(call, input.ConnectionArn) }),
    ...(input.InvocationEndpoint === undefined
      ? {}
      : { endpoint: checkedEndpoint(input.InvocationEndpoint) }),
    ...(input.HttpMethod === undefined ? {} : { method: checkedMethod(input.HttpMethod) }),
    ...(input.InvocationRateLimitPerSecond === undefined
      ? {}
      : { ratePerSecondMax: input.InvocationRateLimitPerSecond }),
    ...(input.Description === undefined ? {} : { description: input.Description }),
  }
  await apiDestinations(call).put(call.account, input.Name, destination, found.revision)
  await rewriteTargets(call, new Set([apiDestinationArn(call, before)]))
  return times(call, await get(call, input.Name))
}

function connectionName(call: Call, arn: string): string {
  const [kind, name = ''] = ownResource(call, arn).split('/')
  if (kind !== 'connection') throw invalid('ConnectionArn is not that of a connection.')
  const view = connection(call, name)
  if (connectionArn(call, view) !== arn) throw noSuch(`Connection ${arn}`)
  return name
}

function checkedEndpoint(endpoint: string): string {
  const url = URL.parse(endpoint.replaceAll('*', 'x'))
  const isHttp = url?.protocol === 'https:' || url?.protocol === 'http:'
  const isPlain = url?.hash === '' && url.username === '' && url.password === ''
  if (isHttp && isPlain && !/^[^/]*\/\/[^/]*\*/.test(endpoint)) return endpoint
  throw invalid(
    'InvocationEndpoint must be an http: or https: URL without user and fragment, and with * in its path only.',
  )
}

function checkedMethod(method: string): string {
  if (method === 'OPTIONS') throw invalid('HttpMethod OPTIONS is not offered here.')
  return method
}

function times(call: Call, found: Found): Record<string, unknown> {
  return {
    ApiDestinationArn: apiDestinationArn(call, read(found)),
    ApiDestinationState: 'ACTIVE',
    CreationTime: found.createdAtMs / 1_000,
    LastModifiedTime: found.updatedAtMs / 1_000,
  }
}

function shown(call: Call, found: Found): Record<string, unknown> {
  const { name, connection: connectionOf, endpoint, method, ratePerSecondMax } = read(found)
  return {
    ...times(call, found),
    Name: name,
    ConnectionArn: arnOfConnection(call, connectionOf),
    InvocationEndpoint: endpoint,
    HttpMethod: method,
    InvocationRateLimitPerSecond: ratePerSecondMax,
  }
}

/** A connection that is gone has no unique part any more. */
function arnOfConnection(call: Call, name: string): string {
  try {
    return connectionArn(call, connection(call, name))
  } catch {
    return arnOf(call, `connection/${name}`)
  }
}
