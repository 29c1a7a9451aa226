import { type TObject, type TString, type TStringOptions, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'
import { AppError, retryNever } from './errors.ts'

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
 * Makes the parser of an option schema. Unknown keys are refused with the nearest known name; a value that does not
 * fit is refused with its path, what was wanted and what the schema says of it (`options.invalid`).
 * Nothing is coerced: `"5"` is not a number.
 */
export function optionsParser(component: string, schema: TObject): OptionsParser {
  const check = Compile(schema)
  const known = Object.keys(schema.properties)
  return value => {
    const filled = Value.Default(schema, structuredClone(value ?? {})) as Record<string, unknown>
    if (typeof filled !== 'object' || filled === null || Array.isArray(filled)) {
      throw new AppError('options.invalid', `${component}: options must be an object`, retryNever, {
        details: { component },
      })
    }
    for (const key of Object.keys(filled)) {
      if (!known.includes(key)) throw unknownOption(component, key, known)
    }
    if (check.Check(filled)) return Object.freeze(filled)
    const [first] = check.Errors(filled)
    const path = first?.instancePath.replaceAll('/', '.').replace(/^\./, '') ?? ''
    const where = path === '' ? 'options' : `option ${path}`
    throw new AppError(
      'options.invalid',
      `${component}: ${where} ${first?.message ?? 'does not fit'}`,
      retryNever,
      {
        details: { component, path },
      },
    )
  }
}

function unknownOption(component: string, key: string, known: readonly string[]): AppError {
  const nearest = nearestName(key, known)
  const hint = nearest === undefined ? `known: ${known.join(', ')}` : `did you mean ${nearest}?`
  return new AppError('options.invalid', `${component}: unknown option ${key}; ${hint}`, retryNever, {
    details: { component, path: key },
  })
}

/** The known name that is closest in spelling, if one is close enough to be meant. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let row = 1; row <= left.length; row++) {
    const current = [row]
    for (let column = 1; column <= right.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1)
      current.push(Math.min((previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, substitution))
    }
    previous = current
  }
  return previous[right.length] ?? 0
}
