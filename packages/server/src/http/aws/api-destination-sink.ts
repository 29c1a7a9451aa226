import { busKey } from '../../resources/index.ts'
import { type ApiDestination, findApiDestination } from './api-destination.ts'
import { connectionQuery } from './connection-options.ts'
import { foreignOf } from './foreign.ts'
import { isObject } from './operation.ts'
import type { Call } from './operation.ts'
import { invalid } from './refusal.ts'
import type { TargetEntry } from './target-entry.ts'
import type { Destination } from './target-spec.ts'

/** Longest single call of an API destination. */
const invocationTimeoutMs = 5_000

type Parameters = NonNullable<Destination['parameters']>

/** An HTTP target with the connection's credentials (section 10.7 of the AWS protocol). */
export async function apiDestinationSink(call: Call, entry: TargetEntry): Promise<Destination> {
  const destination = await findApiDestination(call, entry.Arn)
  if (destination === undefined)
    throw invalid(`Target ${entry.Id}: there is no API destination ${entry.Arn}.`)
  const view = call.services.resources.snapshots
    .current()
    .instances.get(busKey(call.account, destination.connection))
  const { HeaderParameters = {}, QueryStringParameters = {} } = entry.HttpParameters ?? {}
  const { url, parameters } = placed(destination, entry)
  for (const [name, value] of Object.entries(HeaderParameters)) {
    if (isPath(value)) parameters[`headers.${name}`] = { form: 'JSONPATH', value: innerPath(entry.Id, value) }
  }
  const query = { ...QueryStringParameters, ...connectionQuery(foreignOf(view?.spec.foreign)) }
  for (const [name, value] of Object.entries(query)) {
    if (isPath(value)) parameters[`query.${name}`] = { form: 'JSONPATH', value: innerPath(entry.Id, value) }
    else url.searchParams.append(name, value)
  }
  const fixed = Object.entries(HeaderParameters).filter(([, value]) => !isPath(value))
  const shared = isObject(view?.spec.options['headers']) ? view.spec.options['headers'] : {}
  const { method, ratePerSecondMax } = destination
  return {
    sink: {
      connector: 'http',
      instance: destination.connection,
      options: {
        url: url.href,
        method,
        ...(fixed.length === 0 ? {} : { headers: { ...Object.fromEntries(fixed), ...shared } }),
      },
    },
    parameters,
    ratePerSecondMax,
    timeoutMs: invocationTimeoutMs,
  }
}

/** The address with the values of the target in the places of `*`. */
function placed(
  { endpoint }: ApiDestination,
  { Id, HttpParameters = {} }: TargetEntry,
): { url: URL; parameters: Parameters } {
  const values = HttpParameters.PathParameterValues ?? []
  const parts = endpoint.split('*')
  if (parts.length - 1 !== values.length) {
    throw invalid(
      `Target ${Id}: the endpoint has ${parts.length - 1} places for PathParameterValues; ${values.length} are given.`,
    )
  }
  const parameters: Parameters = {}
  let text = parts[0] ?? ''
  for (const [index, value] of values.entries()) {
    const rest = parts[index + 1] ?? ''
    if (!isPath(value)) text += `${encodeURIComponent(value)}${rest}`
    else if (rest === '' && index === values.length - 1 && text.endsWith('/')) {
      parameters['path'] = { form: 'JSONPATH', value: innerPath(Id, value) }
      text = text.slice(0, -1)
    } else throw invalid(`Target ${Id}: only the last segment of a path can come from the event here.`)
  }
  return { url: new URL(text), parameters }
}

function isPath(value: string): boolean {
  return value.startsWith('$.')
}

const innerNames: Readonly<Record<string, string>> = {
  detail: 'data',
  'detail-type': 'type',
  id: 'id',
  source: 'source',
  time: 'time',
}

/** The same path into a stored event. */
function innerPath(id: string, path: string): string {
  const [, name = '', rest = ''] = /^\$\.([\w-]+)(.*)$/.exec(path) ?? []
  const inner = innerNames[name]
  if (inner !== undefined) return `$.${inner}${rest}`
  throw invalid(
    `Target ${id}: a value of HttpParameters can be $.detail…, $.detail-type, $.id, $.source or $.time.`,
  )
}
