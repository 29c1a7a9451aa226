import { scanStructured } from '@millrace/cloudevents'
import { matches } from '@millrace/pattern'
import { Type } from 'typebox'
import { type Action, jsonAction } from './action.ts'
import { Refusal } from './refusal.ts'

const TestEventPattern = Type.Object({ Event: Type.String(), EventPattern: Type.String() })

/** Holds a pattern against an event, both as JSON texts (section 2.5, 16). */
export function testPatternAction(): Action {
  return jsonAction('rule', TestEventPattern, (_account, { Event, EventPattern }) => {
    if (EventPattern.trim() === '') {
      throw new Refusal('EventRuleFilterPatternEmpty', 'there is no EventPattern; {} matches everything')
    }
    const event = scanStructured(Event, { eventBytesMax: 1_048_576, tolerant: true })
    return { Result: matches(EventPattern, event.bytes, { dialect: 'aliyun' }) }
  })
}
