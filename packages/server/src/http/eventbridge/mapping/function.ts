import type { SinkSpec } from '../../../resources/index.ts'
import { parseFunctionArn } from '../arn.ts'
import { listOf } from '../param-list.ts'
import type { MappingContext, SinkMapping } from './destination.ts'
import type { Members } from './members.ts'

/** The target `acs.fc.function`: one event a call, as an object or as a list with one item (section 7.3). */
export const functionTarget: SinkMapping = (members, context) => {
  const body = members.body('Body')
  return {
    sink: callOf(members, context),
    transform: formatOf(members) === 'ObjectList' ? listOf(body) : body,
  }
}

/** `SinkFcParameters`: a batch a call, as a list, unless the format is `Object`. */
export const functionSink: SinkMapping = (members, context) => {
  const concurrency = members.constant('Concurrency')
  const count = Number(concurrency)
  if (concurrency !== '' && !(Number.isInteger(count) && count >= 1 && count <= 1_000)) {
    throw members.ineffective('Concurrency is a whole number from 1 to 1000')
  }
  return {
    sink: callOf(members, context),
    transform: members.body('Body'),
    payload: formatOf(members) === 'Object' ? 'each' : 'list',
    ...(concurrency === '' ? {} : { concurrencyMax: count }),
  }
}

/** The function, its version or alias, and whether somebody waits for it. The versions of services are not the function's. */
function callOf(members: Members, context: MappingContext): Extract<SinkSpec, { function: string }> {
  const qualifier = members.constant('Qualifier')
  const name = functionOf(members, context)
  const hasOwn =
    qualifier !== '' && qualifier !== 'LATEST' && !name.startsWith(`${members.constant('serviceName')}.`)
  return {
    function: name,
    ...(hasOwn ? { qualifier } : {}),
    ...(members.word('InvocationType', ['Sync', 'Async']) === 'Async' ? { invocation: 'async' } : {}),
  }
}

/** A function `service.name` goes before a function `name`: services exist for those who came with them. */
function functionOf(members: Members, context: MappingContext): string {
  const named = parseFunctionArn(members.endpoint)
  const name = members.constant('functionName') || named?.function || members.required('functionName')
  const service = members.constant('serviceName') || (named?.service ?? '')
  const qualified = `${service}.${name}`
  return service !== '' && context.hasFunction(qualified) ? qualified : name
}

function formatOf(members: Members): 'Object' | 'ObjectList' | undefined {
  return members.word('DataFormat', ['Object', 'ObjectList'])
}
