import { parseJson } from '../json-body.ts'
import { isObject } from './action.ts'
import { Refusal } from './refusal.ts'

/** The object of a pattern's text. Whether the object is a pattern is judged when it is written. */
export function patternOf(text: string): Record<string, unknown> {
  const parsed = parseJson(Buffer.from(text))
  if (!('value' in parsed) || !isObject(parsed.value)) {
    const reason = 'value' in parsed ? 'is not a JSON object' : 'is not well-formed JSON'
    throw new Refusal('EventRuleFilterPatternSchemaError', `the FilterPattern ${reason}`)
  }
  return parsed.value
}
