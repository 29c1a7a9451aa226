import { contentTypeOf } from './content-type.ts'
import { invalidTransform, isInvalidTransform } from './errors.ts'
import { checkLength } from './length.ts'
import { compileLocator, type Places } from './locate.ts'
import { type PathSegment, parsePath } from './path-syntax.ts'
import { resultBytes } from './result-bytes.ts'
import { parseTemplate, type TemplateHelper, type TemplatePart } from './template-syntax.ts'
import type { Transform } from './transform.ts'
import { decode, valueBytes } from './value-text.ts'

/**
 * `TEMPLATE`: a text with variables; each variable is a definite path or, when it is none, a constant (section 6).
 * All paths are looked up in one pass over the event.
 *
 * @throws AppError `transform.invalid` for variables that are no flat map of texts, or none at all
 */
export function compileTemplate(variables: Readonly<Record<string, string>>, template: string): Transform {
  checkVariables(variables)
  checkLength('template', template)
  const pieces = compilePieces(variables, parseTemplate(template, new Set(Object.keys(variables))))
  const locate = compileLocator(pieces.paths)
  return {
    apply(event) {
      const places = locate(event)
      let text = ''
      for (const piece of pieces.list)
        text += typeof piece === 'string' ? piece : render(piece, event, places)
      return { bytes: resultBytes(text), contentType: contentTypeOf(text) }
    },
  }
}

/** A variable whose value comes from the event; `place` is its index among the paths. */
interface Hole {
  readonly place: number
  readonly helper: TemplateHelper
  readonly fallback: string
}

interface Pieces {
  readonly list: readonly (string | Hole)[]
  readonly paths: readonly (readonly PathSegment[])[]
}

/** Puts the constants in, and numbers the paths that the template really uses. */
function compilePieces(variables: Readonly<Record<string, string>>, parts: readonly TemplatePart[]): Pieces {
  const paths: (readonly PathSegment[])[] = []
  const placeOf = new Map<string, number>()
  const list = parts.map((part): string | Hole => {
    if (part.kind === 'text') return part.text
    const value = variables[part.name] ?? ''
    let place = placeOf.get(part.name)
    if (place === undefined) {
      const path = definitePath(value)
      if (path === undefined) return helpers[part.helper](value)
      place = paths.push(path) - 1
      placeOf.set(part.name, place)
    }
    return { place, helper: part.helper, fallback: part.fallback }
  })
  return { list, paths }
}

/** What is no definite path is a constant, even if it begins with `$`: so section 6 has it. */
function definitePath(value: string): readonly PathSegment[] | undefined {
  try {
    return parsePath(value, 'value')
  } catch (thrown) {
    if (isInvalidTransform(thrown)) return undefined
    throw thrown
  }
}

function render(hole: Hole, event: Uint8Array, places: Places): string {
  const start = places[hole.place * 2] ?? -1
  if (start === -1) return hole.fallback
  const value = decode(valueBytes(event, start, places[hole.place * 2 + 1] ?? start))
  return helpers[hole.helper](value)
}

const helpers: Readonly<Record<TemplateHelper, (value: string) => string>> = {
  none: value => value,
  jsonEscape: value => JSON.stringify(value).slice(1, -1),
  htmlEscape: value => value.replace(/[&<>"']/g, character => htmlEntities[character] ?? character),
}

const htmlEntities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function checkVariables(variables: unknown): void {
  if (typeof variables !== 'object' || variables === null || Array.isArray(variables)) {
    throw invalidTransform('value', 'a template needs a map from variables to paths or constants')
  }
  const entries = Object.entries(variables)
  if (entries.length === 0) throw invalidTransform('value', 'a template needs at least one variable')
  for (const [name, value] of entries) {
    if (typeof value !== 'string') {
      throw invalidTransform(`value.${name}`, 'the map is flat: a variable is a path or a constant text')
    }
  }
  checkLength('value', JSON.stringify(variables))
}
