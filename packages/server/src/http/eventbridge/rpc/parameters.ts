import { AppError } from '@millrace/spi'
import { parseJson } from '../../json-body.ts'
import { Refusal } from '../refusal.ts'

/** Parameters of one request at most. */
const parametersMax = 1_000
/** Steps of one name such as `Targets.1.ParamList.2.Value` at most. */
const stepsMax = 16

/** Parameters that are the JSON text of an object or list (section 3.4). */
const jsonNames: ReadonlySet<string> = new Set([
  'EventTargets',
  'Targets',
  'TargetIds',
  'Source',
  'Sink',
  'RunOptions',
  'Transforms',
  'NetworkParameters',
  'AuthParameters',
  'HttpApiParameters',
  'ExternalSourceConfig',
])
const numberNames: ReadonlySet<string> = new Set([
  'StartTime',
  'EndTime',
  'MinCapacityUnitCount',
  'MaxCapacityUnitCount',
])

/**
 * The parameters of a request, of its query and of its form: JSON texts parsed, and flat names (`Tags.1.Key=a`) put together, which
 * some clients write instead of JSON. Of a name that comes twice the form counts.
 */
export function rpcParameters(query: string, form: string): Record<string, unknown> {
  const pairs = [...new URLSearchParams(query), ...new URLSearchParams(form)]
  if (pairs.length > parametersMax) {
    throw new Refusal('RequestParameterInvalid', `a request has ${parametersMax} parameters at most`)
  }
  const flat: Tree = new Map()
  for (const [name, text] of pairs) {
    const steps = name.split('.')
    if (steps.length > stepsMax || steps.includes('')) {
      throw new Refusal('RequestParameterInvalid', `the name ${name.slice(0, 64)} is none of a parameter`)
    }
    insert(flat, steps, text)
  }
  return Object.fromEntries(
    [...flat].map(([name, value]) => [
      name,
      typeof value === 'string' ? typed(name, value) : assembled(value),
    ]),
  )
}

type Tree = Map<string, string | Tree>

function insert(tree: Tree, steps: readonly string[], text: string): void {
  const [first = '', ...rest] = steps
  if (rest.length === 0) {
    tree.set(first, text)
    return
  }
  const known = tree.get(first)
  const inner: Tree = known instanceof Map ? known : new Map()
  tree.set(first, inner)
  insert(inner, rest, text)
}

/** Names that are all numbers make a list. */
function assembled(tree: Tree): unknown {
  const entries = [...tree].map(([name, value]): [string, unknown] => [
    name,
    typeof value === 'string' ? value : assembled(value),
  ])
  const isList = entries.every(([name]) => /^\d{1,4}$/.test(name))
  if (!isList) return Object.fromEntries(entries)
  return entries.toSorted(([left], [right]) => Number(left) - Number(right)).map(([, value]) => value)
}

function typed(name: string, text: string): unknown {
  if (numberNames.has(name) && /^\d{1,15}$/.test(text)) return Number(text)
  const isJson = jsonNames.has(name) || /^Source\w+Parameters$/.test(name)
  if (!isJson || text === '') return text
  const parsed = parseJson(Buffer.from(text))
  if (parsed instanceof AppError) {
    throw new Refusal('RequestParameterInvalid', `${name.slice(0, 64)} is not well-formed JSON`)
  }
  return parsed.value
}
