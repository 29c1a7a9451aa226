import type { TransformSpec } from '../../../resources/index.ts'
import { isObject } from '../action.ts'
import { bodyTransform, findParameter, parametersMax, type Parameter } from '../param-list.ts'
import { Refusal } from '../refusal.ts'

/** Codes for a member that is not there and for one that cannot be honoured; each kind of resource has its own. */
export interface MemberCodes {
  readonly missing: string
  readonly ineffective: string
}

/** The parameters of one target, source or sink as they were sent, with the words for what is wrong with them. */
export class Members {
  /** As messages call the whole, such as `a target of type http` or `SinkHttpsParameters`. */
  readonly what: string
  /** The `Endpoint` of a target; empty where there is none. */
  readonly endpoint: string
  readonly parameters: readonly Parameter[]
  readonly #codes: MemberCodes

  constructor(
    what: string,
    parameters: readonly Parameter[],
    codes: MemberCodes = targetCodes,
    endpoint: string = '',
  ) {
    this.what = what
    this.parameters = parameters
    this.endpoint = endpoint
    this.#codes = codes
  }

  /** The fixed value of a member; empty when it is absent. Refuses every form but `CONSTANT`. */
  constant(key: string): string {
    const parameter = findParameter(this.parameters, key)
    if (parameter === undefined) return ''
    if (parameter.Form === 'CONSTANT') return parameter.Value ?? ''
    throw new Refusal('InvalidConfig', `the Form of ${parameter.ResourceKey} can only be CONSTANT`)
  }

  /** The same, of the first of several names; refuses when all are absent. */
  required(...keys: readonly string[]): string {
    const value = keys.map(key => this.constant(key)).find(text => text !== '')
    if (value !== undefined) return value
    throw new Refusal(this.#codes.missing, `${this.what} needs ${keys[0] ?? ''}`)
  }

  /** One of a fixed set of words, whatever the case of its letters; `undefined` when the member is absent. */
  word<Word extends string>(key: string, words: readonly Word[]): Word | undefined {
    const given = this.constant(key)
    if (given === '') return undefined
    const found = words.find(word => word.toLowerCase() === given.toLowerCase())
    if (found === undefined) throw this.ineffective(`${key} is one of ${words.join(', ')}`)
    return found
  }

  flag(key: string): boolean | undefined {
    const word = this.word(key, ['true', 'false'])
    return word === undefined ? undefined : word === 'true'
  }

  /** How the body is made; `undefined` for the whole event. */
  body(key: string): TransformSpec | undefined {
    return bodyTransform(findParameter(this.parameters, key))
  }

  /** How a value beside the body is made; `undefined` when the member is absent or says nothing. */
  value(key: string): TransformSpec | undefined {
    const parameter = findParameter(this.parameters, key)
    if (parameter === undefined) return undefined
    if (parameter.Form === 'CONSTANT' && (parameter.Value ?? '') === '') return undefined
    return bodyTransform(parameter) ?? { form: 'ORIGINAL' }
  }

  /** Several of those, under the names that the connector has for them. */
  values(names: Readonly<Record<string, string>>): Record<string, TransformSpec> {
    const found = Object.entries(names).flatMap(([key, name]): [string, TransformSpec][] => {
      const value = this.value(key)
      return value === undefined ? [] : [[name, value]]
    })
    return Object.fromEntries(found)
  }

  ineffective(message: string): Refusal {
    return new Refusal(this.#codes.ineffective, `${this.what}: ${message}`)
  }
}

export const targetCodes: MemberCodes = {
  missing: 'EventTargetMissingAttribute',
  ineffective: 'EventTargetIneffectiveAttribute',
}

/**
 * The members of a parameter object of a stream or event source (sections 8.2 and 8.3). What is `{Form, Value, Template}` keeps its form;
 * plain values are constants. Lists and other objects are no parameters and left out.
 */
export function parametersOf(members: Readonly<Record<string, unknown>>): Parameter[] {
  const entries = Object.entries(members)
  if (entries.length > parametersMax) {
    throw new Refusal('RequestParameterInvalid', `parameters have ${parametersMax} members at most`)
  }
  return entries.flatMap(([key, value]) => {
    const parameter = parameterOf(key, value)
    return parameter === undefined ? [] : [parameter]
  })
}

const forms = ['ORIGINAL', 'CONSTANT', 'JSONPATH', 'TEMPLATE']

function parameterOf(ResourceKey: string, value: unknown): Parameter | undefined {
  const plain = textOf(value)
  if (plain !== undefined) return { ResourceKey, Form: 'CONSTANT', Value: plain }
  if (!isObject(value) || !('Form' in value || 'Value' in value)) return undefined
  const Form = (textOf(value['Form']) ?? 'CONSTANT').toUpperCase()
  if (!forms.includes(Form)) {
    throw new Refusal(
      'InvalidConfig',
      `the Form of ${ResourceKey.slice(0, 64)} is one of ${forms.join(', ')}`,
    )
  }
  const Value = textOf(value['Value']) ?? jsonOf(value['Value'])
  const Template = textOf(value['Template'])
  return {
    ResourceKey,
    Form,
    ...(Value === undefined ? {} : { Value }),
    ...(Template === undefined ? {} : { Template }),
  }
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

/** Some clients send the map of a template as an object instead of its text. */
function jsonOf(value: unknown): string | undefined {
  return isObject(value) ? JSON.stringify(value) : undefined
}
