import { type TObject, type TString, type TStringOptions, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'
import { AppError, retryNever } from './errors.ts'
import { findOptionFault } from './option-fault.ts'

export { nearestName } from './nearest-name.ts'

/**
 * A text that must never be shown again: marked `secret: true` in the schema, so that forms hide it, and
 * answers leave it out.
 */
export function Secret(options: TStringOptions = {}): TString {
  return Type.String({ ...options, secret: true })
}

/** Fills defaults, then checks; the result is complete and readonly. */
export type OptionsParser = (value: unknown) => Readonly<Record<string, unknown>>

/**
 * Makes the parser of an option schema. Unknown names are refused with the nearest known one, at every depth that the
 * schema closes; a value that does not fit is refused with its path, what was wanted and what was there
 * (`options.invalid`), but never with a secret. Nothing is coerced: `"5"` is not a number. What is given is not changed.
 */
export function optionsParser(component: string, schema: TObject): OptionsParser {
  // Whatever the schema says of it, the root is closed: a misspelt option would otherwise be lost in silence.
  const closed = Type.Object(schema.properties, { additionalProperties: false })
  const check = Compile(closed)
  return value => {
    const filled = Value.Default(schema, copy(component, value))
    if (isOptions(filled) && check.Check(filled)) return Object.freeze(filled)
    const fault = findOptionFault(closed, filled)
    throw optionRefusal(component, fault?.path ?? '', fault?.what ?? 'do not fit')
  }
}

function isOptions(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function copy(component: string, value: unknown): unknown {
  try {
    return structuredClone(value ?? {})
  } catch {
    throw optionRefusal(component, '', 'must be plain data, as JSON has it')
  }
}

/**
 * The refusal of an option for what a schema cannot say: `kafka: option start.time is no time`. For the `check` of a
 * connector; never with the value of a secret.
 */
export function optionRefusal(component: string, path: string, fault: string): AppError {
  const subject = path === '' ? 'the options' : `option ${path}`
  return new AppError('options.invalid', `${component}: ${subject} ${fault}`, retryNever, {
    details: { component, path },
  })
}
