import { destinationInstance } from '../connections/index.ts'
import type { SinkMapping } from './destination.ts'

const timeoutSecondsMax = 60

/**
 * `SinkApiDestinationParameters`, and the target `acs.api.destination` (section 10.2): the instance that stands for the API destination
 * brings address, method and credentials. Without `BodyParameters` the body is the data of the event.
 */
export const apiDestinationSink: SinkMapping = (members, context) => {
  const named = /^acs:api-destination:[^:]*:\d*:name\/([^/\s]+)$/.exec(members.endpoint)?.[1] ?? ''
  const name = members.constant('Name') || named || members.required('Name')
  const timeout = members.constant('Timeout')
  const seconds = Number(timeout)
  if (timeout !== '' && !(seconds >= 1 && seconds <= timeoutSecondsMax)) {
    throw members.ineffective(`Timeout is from 1 to ${timeoutSecondsMax} seconds`)
  }
  const rate = context.rateOf(name)
  return {
    sink: { connector: 'http', instance: destinationInstance(name), options: {} },
    transform: members.value('BodyParameters') ?? { form: 'JSONPATH', value: '$.data' },
    parameters: members.values({ HeaderParameters: 'headers', QueryStringParameters: 'query' }),
    ...(rate === undefined ? {} : { ratePerSecondMax: rate }),
    ...(timeout === '' ? {} : { timeoutMs: Math.round(seconds * 1_000) }),
  }
}
