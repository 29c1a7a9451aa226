import { AppError, nearestName, retryNever } from '@millrace/spi'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'
import { firstMisfit } from './misfit.ts'

/** The part of a request that a schema describes. */
export type RequestPart = 'body' | 'params' | 'querystring' | 'headers'

/** Returns the complete value, or says what does not fit. */
export type RequestCheck = (value: unknown) => { value: unknown } | { error: AppError }

/**
 * Compiles the check of one part of a request: fills defaults, also inside unions, then checks.
 * Nothing is coerced and nothing removed. Path and query are text by nature: there a parameter whose schema is a number
 * or a boolean is parsed, and only if the text is exactly that.
 */
export function requestCheck(schema: TSchema, part: RequestPart): RequestCheck {
  const compiled = Compile(schema)
  const isText = part === 'params' || part === 'querystring'
  // Looking for defaults where there are none costs more than the check.
  const hasDefaults = JSON.stringify(schema).includes('"default":')
  return given => {
    const read = isText ? parseTexts(schema, given) : (given ?? undefined)
    const filled = hasDefaults ? Value.Default(schema, read) : read
    if (compiled.Check(filled)) return { value: filled }
    return { error: misfitError(schema, filled, part) }
  }
}

function misfitError(schema: TSchema, value: unknown, part: RequestPart): AppError {
  const { path, reason, unknown: unknownName, known } = firstMisfit(schema, value)
  const place = [partNames[part], ...path].join('.')
  const nearest = unknownName === undefined ? undefined : nearestName(unknownName, known)
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`
  return new AppError('http.invalid-request', `${place} ${reason}${hint}`, retryNever, {
    details: { path: place, ...(nearest === undefined ? {} : { nearest }) },
  })
}

const partNames: Readonly<Record<RequestPart, string>> = {
  body: 'body',
  params: 'path',
  querystring: 'query',
  headers: 'headers',
}

function parseTexts(schema: TSchema, given: unknown): Record<string, unknown> {
  const properties = (schema as { properties?: Record<string, { type?: string }> }).properties ?? {}
  const parsed: Record<string, unknown> = {}
  for (const [name, text] of Object.entries((given ?? {}) as Record<string, unknown>)) {
    parsed[name] = typeof text === 'string' ? parseText(text, properties[name]?.type) : text
  }
  return parsed
}

function parseText(text: string, type: string | undefined): unknown {
  if ((type === 'integer' || type === 'number') && /^-?\d{1,16}(?:\.\d{1,16})?$/.test(text))
    return Number(text)
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}
