import { type Static, Type } from 'typebox'
import type { Services } from '../../services.ts'
import { type Action, type Answer, jsonAction } from '../action.ts'
import { nextToken, windowOf } from '../paging.ts'
import { Refusal } from '../refusal.ts'
import { find as findConnection, resultsDefault } from './connection-actions.ts'
import {
  destinationsOf,
  type FoundDestination,
  type KeptDestination,
  writeDestination,
} from './destinations.ts'

const Destination = Type.Object({
  ApiDestinationName: Type.String(),
  ConnectionName: Type.Optional(Type.String()),
  Description: Type.Optional(Type.String({ maxLength: 255 })),
  InvocationRateLimitPerSecond: Type.Optional(Type.Union([Type.Integer(), Type.String()])),
  HttpApiParameters: Type.Optional(
    Type.Object({ Endpoint: Type.Optional(Type.String()), Method: Type.Optional(Type.String()) }),
  ),
})
type DestinationInput = Static<typeof Destination>
/** Requests per second at most. */
const rateMax = 1_000_000
const DestinationName = Type.Object({ ApiDestinationName: Type.String() })
const ListDestinations = Type.Object({
  ApiDestinationNamePrefix: Type.Optional(Type.String()),
  ConnectionName: Type.Optional(Type.String()),
  MaxResults: Type.Optional(Type.Unknown()),
  NextToken: Type.Optional(Type.Unknown()),
})

/** Create, read, list, change and delete API destinations (section 10.2): instances, too, so that targets follow every change. */
export function destinationActions(services: Services): Readonly<Record<string, Action>> {
  return {
    createApiDestination: jsonAction('api-destination', Destination, async (account, input) => {
      checkName(input.ApiDestinationName)
      await writeDestination(services, account, complete(services, account, input), 0)
      return { ApiDestinationName: input.ApiDestinationName }
    }),
    updateApiDestination: jsonAction('api-destination', Destination, async (account, input) => {
      const { view, destination } = find(services, account, input.ApiDestinationName)
      const changed = complete(services, account, { ...destination, ...input })
      await writeDestination(services, account, changed, view.revision)
      return { ApiDestinationName: input.ApiDestinationName }
    }),
    getApiDestination: jsonAction('api-destination', DestinationName, (account, input) =>
      destinationView(find(services, account, input.ApiDestinationName)),
    ),
    listApiDestinations: jsonAction('api-destination', ListDestinations, (account, input) =>
      list(services, account, input),
    ),
    deleteApiDestination: jsonAction('api-destination', DestinationName, async (account, input) => {
      const { view } = find(services, account, input.ApiDestinationName)
      await services.resources.instances.delete(account, view.name)
      return {}
    }),
  }
}

const nameExpression = /^[A-Za-z0-9][A-Za-z0-9_-]{1,126}$/

function checkName(name: string): void {
  if (nameExpression.test(name)) return
  throw new Refusal(
    'ApiDestinationNameInvalid',
    'a name has 2 to 127 letters, digits, "-" and "_" and begins with a letter or digit',
  )
}

const methods = ['GET', 'POST', 'HEAD', 'DELETE', 'PUT', 'PATCH']
const endpointLengthMax = 127

function complete(services: Services, account: string, input: DestinationInput): KeptDestination {
  const {
    ConnectionName: connection = '',
    HttpApiParameters: http,
    InvocationRateLimitPerSecond,
    ...others
  } = input
  findConnection(services, account, connection)
  if (http === undefined) throw new Refusal('HttpApiParametersIsNull', 'HttpApiParameters is missing')
  const { Endpoint = '', Method = '' } = http
  if (Endpoint === '') throw new Refusal('EndpointIsBlank', 'the Endpoint is missing')
  if (Endpoint.length > endpointLengthMax) {
    throw new Refusal(
      'EndpointLengthExceed',
      `the Endpoint has ${Endpoint.length} characters; the limit is ${endpointLengthMax}`,
    )
  }
  if (Method === '') throw new Refusal('Method', 'the Method is missing')
  const method = Method.toUpperCase()
  if (!methods.includes(method)) {
    throw new Refusal('ApiDestinationParametersInvalid', `Method is one of ${methods.join(', ')}`)
  }
  return {
    ...others,
    ConnectionName: connection,
    HttpApiParameters: { ...http, Endpoint, Method: method },
    ...rateOf(InvocationRateLimitPerSecond),
  }
}

function rateOf(given: string | number | undefined): { InvocationRateLimitPerSecond?: number } {
  if (given === undefined || given === '' || Number(given) === 0) return {}
  const rate = Number(given)
  if (Number.isInteger(rate) && rate > 0 && rate <= rateMax) return { InvocationRateLimitPerSecond: rate }
  throw new Refusal(
    'ApiDestinationParametersInvalid',
    `InvocationRateLimitPerSecond is a whole number up to ${rateMax}`,
  )
}

/** Throws `ApiDestinationNotExist`. */
function find(services: Services, account: string, name: string): FoundDestination {
  const found = destinationsOf(services, account).find(
    ({ destination }) => destination.ApiDestinationName === name,
  )
  if (found !== undefined) return found
  throw new Refusal('ApiDestinationNotExist', `there is no API destination ${name.slice(0, 127)}`)
}

function destinationView({ view, destination }: FoundDestination): Answer {
  return { Description: '', ...destination, GmtCreate: view.createdAtMs }
}

function list(services: Services, account: string, input: Static<typeof ListDestinations>): Answer {
  const { ApiDestinationNamePrefix: prefix = '', MaxResults: Limit = resultsDefault, NextToken } = input
  const window = windowOf({ Limit, NextToken })
  const connection = input.ConnectionName ?? ''
  const found = destinationsOf(services, account).filter(
    ({ destination }) =>
      destination.ApiDestinationName.startsWith(prefix) &&
      (connection === '' || destination.ConnectionName === connection),
  )
  const page = found.slice(window.offset, window.offset + window.limit)
  return {
    ApiDestinations: page.map(destinationView),
    MaxResults: window.limit,
    NextToken: nextToken(window, found.length),
    Total: found.length,
  }
}
