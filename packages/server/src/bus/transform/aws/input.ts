import type { TransformSpec } from '../../../resources/index.ts'
import { contentTypeOf } from '../content-type.ts'
import { checkLength } from '../length.ts'
import { compileLocator } from '../locate.ts'
import { parsePath } from '../path-syntax.ts'
import { resultBytes } from '../result-bytes.ts'
import type { Transform } from '../transform.ts'
import { decode, valueBytes } from '../value-text.ts'
import { type AwsEvent, awsEvent, wholeText } from './event.ts'
import { type AwsHole, checkAwsTemplate, parseAwsTemplate } from './template.ts'

export type AwsTransformSpec = Extract<TransformSpec, { form: 'AWS' }>

const jsonType = 'application/json'

/**
 * `AWS`: the event in the shape of AWS EventBridge, the JSON of a part of it, or what an input template makes of it
 * (identity-and-aws section 10.5).
 *
 * @throws AppError `transform.invalid` for paths, templates and variables that mean nothing
 */
export function compileAws(spec: AwsTransformSpec): Transform {
  if (spec.template !== undefined) return compileTemplate(spec, spec.template)
  const path = parsePath(spec.value, 'value')
  if (path.length === 0) {
    return {
      apply: event => ({ bytes: Buffer.from(wholeText(awsEvent(event, spec))), contentType: jsonType }),
    }
  }
  const locate = compileLocator([path])
  return {
    apply(stored) {
      const event = Buffer.from(wholeText(awsEvent(stored, spec)))
      const [start = -1, end = -1] = locate(event)
      if (start === -1) return undefined
      return { bytes: event.subarray(start, end), contentType: jsonType }
    },
  }
}

function compileTemplate(spec: AwsTransformSpec, template: string): Transform {
  checkLength('template', template)
  checkLength('variables', JSON.stringify(spec.variables))
  const paths = Object.entries(spec.variables).map(
    ([name, path]) => [name, parsePath(path, `variables.${name}`)] as const,
  )
  const parts = parseAwsTemplate(template, new Set(paths.map(([name]) => name)))
  checkAwsTemplate(template, parts)
  const locate = compileLocator(paths.map(([, path]) => path))
  const places = new Map(paths.map(([name], index) => [name, index]))
  return {
    apply(stored) {
      const shape = awsEvent(stored, spec)
      const whole = wholeText(shape)
      const event = Buffer.from(whole)
      const found = locate(event)
      const valueOf = (name: string): string | undefined => {
        const place = places.get(name)
        if (place === undefined) return reserved(name, shape, whole, spec.rule)
        const start = found[place * 2] ?? -1
        return start === -1 ? undefined : decode(event.subarray(start, found[place * 2 + 1] ?? start))
      }
      const text = parts
        .map(part => (typeof part === 'string' ? part : filled(part, valueOf(part.name))))
        .join('')
      return { bytes: resultBytes(text), contentType: contentTypeOf(text) }
    },
  }
}

/** Outside of quotes a value is JSON; inside it is text, without escapes and without the quotes that it may contain itself. */
function filled({ isQuoted }: AwsHole, json: string | undefined): string {
  if (json === undefined) return isQuoted ? '' : '""'
  if (!isQuoted) return json
  const bytes = Buffer.from(json)
  const text = decode(valueBytes(bytes, 0, bytes.length))
  return json.startsWith('{') || json.startsWith('[') ? text.replaceAll('"', '') : text
}

/** The variables that are always there, as JSON. */
function reserved(
  name: string,
  shape: AwsEvent,
  whole: string,
  rule: string | undefined,
): string | undefined {
  switch (name) {
    case 'aws.events.rule-arn':
      return JSON.stringify(rule ?? '')
    case 'aws.events.rule-name':
      return JSON.stringify(rule?.slice(rule.lastIndexOf('/') + 1) ?? '')
    case 'aws.events.event.ingestion-time':
      return JSON.stringify(shape.time)
    case 'aws.events.event':
      return `${shape.head}}`
    case 'aws.events.event.json':
      return whole
    default:
      return undefined
  }
}
