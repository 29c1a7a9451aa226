import type { TransformSpec } from '../../resources/index.ts'
import { isObject } from './action.ts'
import { Refusal } from './refusal.ts'

/** One item of a target's `ParamList` with the spelling that answers use. */
export interface Parameter {
  readonly ResourceKey: string
  readonly Form: string
  readonly Value?: string
  readonly Template?: string
}

/** Items of one list at most; no type of target knows a third of it. */
export const parametersMax = 64

const forms = ['ORIGINAL', 'CONSTANT', 'JSONPATH', 'TEMPLATE']

/** Reads a list whose members may begin with a lower-case letter, as some documents print them (section 2.5). */
export function readParameters(list: unknown): Parameter[] {
  if (list === undefined || list === null) return []
  if (!Array.isArray(list) || list.length > parametersMax) {
    throw new Refusal('RequestParameterInvalid', `ParamList is a list of ${parametersMax} items at most`)
  }
  return list.map(readParameter)
}

function readParameter(item: unknown): Parameter {
  if (!isObject(item)) throw new Refusal('RequestParameterInvalid', 'an item of ParamList is no object')
  const key = textMember(item, 'ResourceKey') ?? ''
  const form = (textMember(item, 'Form') ?? 'CONSTANT').toUpperCase()
  if (key === '') throw new Refusal('EventTargetMissingAttribute', 'an item of ParamList has no ResourceKey')
  if (!forms.includes(form)) {
    throw new Refusal('InvalidConfig', `the Form of ${key.slice(0, 64)} is one of ${forms.join(', ')}`)
  }
  const value = textMember(item, 'Value')
  const template = textMember(item, 'Template')
  return {
    ResourceKey: key,
    Form: form,
    ...(value === undefined ? {} : { Value: value }),
    ...(template === undefined ? {} : { Template: template }),
  }
}

function textMember(item: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = item[name] ?? item[name.charAt(0).toLowerCase() + name.slice(1)]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  throw new Refusal('InvalidConfig', `${name} in ParamList is a text`)
}

/** The parameter of a name, whatever the case of its letters. */
export function findParameter(parameters: readonly Parameter[], key: string): Parameter | undefined {
  return parameters.find(({ ResourceKey }) => ResourceKey.toLowerCase() === key.toLowerCase())
}

/** How the body is made; `undefined` for the whole event, which is what a target without this parameter gets. */
export function bodyTransform(parameter: Parameter | undefined): TransformSpec | undefined {
  if (parameter === undefined) return undefined
  const { Form, Value, Template, ResourceKey } = parameter
  switch (Form) {
    case 'ORIGINAL':
      return undefined
    case 'CONSTANT':
      return { form: 'CONSTANT', value: required(Value, `the Value of ${ResourceKey}`) }
    case 'JSONPATH':
      return { form: 'JSONPATH', value: required(Value, `the Value of ${ResourceKey}`) }
    default:
      return {
        form: 'TEMPLATE',
        value: templateVariables(required(Value, `the Value of ${ResourceKey}`)),
        template: required(Template, `the Template of ${ResourceKey}`),
      }
  }
}

/** The Value of a template is JSON text: a flat map of names to paths or constants (section 6). */
function templateVariables(text: string): Record<string, string> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  if (!isObject(value) || Object.keys(value).length === 0) {
    throw new Refusal(
      'InvalidConfig',
      'the Value of a TEMPLATE is the JSON text of a map with one member at least',
    )
  }
  const variables: [string, string][] = Object.entries(value).map(([name, one]) => {
    if (typeof one === 'object' && one !== null) {
      throw new Refusal('InvalidConfig', 'the Value of a TEMPLATE is a flat map')
    }
    return [name, String(one)]
  })
  return Object.fromEntries(variables)
}

function required(value: string | undefined, what: string): string {
  if (value === undefined) throw new Refusal('InvalidConfig', `${what} is missing`)
  return value
}

/** The same body inside a JSON array, for functions that take lists. */
export function listOf(transform: TransformSpec | undefined): TransformSpec {
  if (transform === undefined) return wrapped({ item: '$' })
  switch (transform.form) {
    case 'ORIGINAL':
      return wrapped({ item: '$' })
    case 'JSONPATH':
      return wrapped({ item: transform.value })
    case 'CONSTANT':
      return { form: 'CONSTANT', value: `[${transform.value}]` }
    case 'TEMPLATE':
      return { ...transform, template: `[${transform.template}]` }
    case 'AWS':
      throw new Refusal('InvalidConfig', 'a list cannot be made of events in the shape of AWS')
  }
}

function wrapped(value: Record<string, string>): TransformSpec {
  return { form: 'TEMPLATE', value, template: '[${item}]' }
}
