import { matches } from '@millrace/pattern'
import { AppError } from '@millrace/spi'
import { Type } from 'typebox'
import { parseJson } from '../json-body.ts'
import { isObject, type Operation, operation } from './operation.ts'
import { patternLengthMax, readPattern } from './pattern.ts'
import { invalid } from './refusal.ts'

const TestEventPattern = Type.Object({
  EventPattern: Type.String({ maxLength: patternLengthMax }),
  Event: Type.String({ maxLength: 1_048_576 }),
})

const envelope = ['id', 'account', 'source', 'time', 'region', 'resources', 'detail-type'] as const

/** Whether an event of this interface's shape matches a pattern. */
export const testPatternOperation: Operation = operation(TestEventPattern, (_call, input) => {
  const pattern = readPattern(input.EventPattern)
  const parsed = parseJson(Buffer.from(input.Event))
  if (parsed instanceof AppError || !isObject(parsed.value))
    throw invalid('Parameter Event is not valid JSON.')
  const event = parsed.value
  const missing = envelope.find(name => event[name] === undefined)
  if (missing !== undefined) throw invalid(`Parameter Event is not valid. Reason: ${missing} is missing.`)
  return { Result: matches(pattern, input.Event) }
})
