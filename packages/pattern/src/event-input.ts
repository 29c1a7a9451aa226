import { type JsonNode, parseJsonText, readJsonObject, refuseEvent } from './language/index.ts'
import { PatternError } from './pattern-error.ts'

/** An event: a JavaScript object, or its JSON text as UTF-8 bytes or as a string. */
export type EventInput = object | string

/** Reads an event into the form that the reference matcher walks. Throws {@link PatternError} when it is no JSON object. */
export function readEvent(event: EventInput): JsonNode {
  const node = readNode(event)
  if (node.type !== 'object')
    throw new PatternError('pattern.event-not-json', '', 'an event is a JSON object')
  return node
}

function readNode(event: EventInput): JsonNode {
  if (typeof event === 'string') return parseJsonText(event, refuseEvent)
  if (event instanceof Uint8Array) return parseJsonText(new TextDecoder().decode(event), refuseEvent)
  return readJsonObject(event, refuseEvent)
}
