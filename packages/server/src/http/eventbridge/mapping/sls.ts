import type { TransformSpec } from '../../../resources/index.ts'
import { isObject } from '../action.ts'
import { given, type SinkMapping, type SourceMapping } from './destination.ts'
import { Members, parametersOf } from './members.ts'

/** The parameters of log stores name no instance; the document of this name stands for the service. */
export const slsInstance = 'sls'

/** `SourceSLSParameters`. */
export const slsSource: SourceMapping = members => ({
  connector: 'sls',
  instance: members.constant('InstanceId') || slsInstance,
  options: given({
    project: members.required('Project'),
    logstore: members.required('LogStore'),
    start: startOf(members),
  }),
})

/** `SinkSLSParameters`, and the target `acs.sls`, whose endpoint may say where (section 7.3). */
export const slsSink: SinkMapping = members => {
  const [, project = '', logstore = ''] =
    /^acs:(?:sls|log):[^:]*:\d*:project\/([^/\s]+)\/logstore\/([^/\s]+)$/.exec(members.endpoint) ?? []
  const isKeyValue = members.word('ContentType', ['JSON', 'KeyValue']) === 'KeyValue'
  return {
    sink: {
      connector: 'sls',
      instance: members.constant('InstanceId') || slsInstance,
      options: {
        project: members.constant('Project') || project || members.required('Project'),
        logstore: members.constant('LogStore') || logstore || members.required('LogStore'),
        contentType: isKeyValue ? 'keyValue' : 'json',
      },
    },
    transform: members.body('Body'),
    parameters: { ...members.values({ Topic: 'topic' }), ...(isKeyValue ? fieldsOf(members) : {}) },
  }
}

/** Where a stream begins: `begin`, `end`, or a time in seconds. */
function startOf(members: Members): 'earliest' | 'latest' | { time: string } | undefined {
  const position = members.constant('ConsumePosition').trim()
  if (position === '') return undefined
  if (/^\d{1,10}$/.test(position)) return { time: new Date(Number(position) * 1_000).toISOString() }
  const word = members.word('ConsumePosition', ['begin', 'end'])
  return word === 'begin' ? 'earliest' : 'latest'
}

/**
 * The fields of `ContentSchema`: JSON text of pairs `Key_1`, `Value_1`, `Key_2`…, each with a form and a value. Without one, the
 * members of the body are the fields.
 */
function fieldsOf(members: Members): Record<string, TransformSpec> {
  const text = members.constant('ContentSchema')
  if (text === '') return {}
  const schema = pairsOf(members, text)
  const fields: [string, TransformSpec][] = []
  for (const { ResourceKey } of schema.parameters) {
    const number = /^Key_(\d+)$/i.exec(ResourceKey)?.[1]
    if (number === undefined) continue
    const key = schema.required(ResourceKey)
    const value = schema.value(`Value_${number}`)
    if (value === undefined) throw members.ineffective(`ContentSchema has no Value_${number}`)
    fields.push([`columns.${key}`, value])
  }
  if (fields.length === 0) throw members.ineffective('ContentSchema has no Key_1 with a Value_1')
  return Object.fromEntries(fields)
}

function pairsOf(members: Members, text: string): Members {
  const parsed = parse(text)
  if (!isObject(parsed)) throw members.ineffective('ContentSchema is the text of a JSON object')
  // The members of each pair begin with a lower-case letter here.
  const pairs = Object.entries(parsed).map(([name, pair]): [string, unknown] => [
    name,
    isObject(pair)
      ? {
          Form: pair['form'] ?? pair['Form'],
          Value: pair['value'] ?? pair['Value'],
          Template: pair['template'] ?? pair['Template'],
        }
      : pair,
  ])
  return new Members(`${members.what}: ContentSchema`, parametersOf(Object.fromEntries(pairs)))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
