import type { HttpAuthSpec, TriggerSpec } from '../../index.ts'
import { given, Members } from './members.ts'

/** HTTP and timer triggers by name; others are told, since rules and streams take their place. */
export function readTriggers(
  list: readonly unknown[],
  path: string,
  leftOut: string[],
): Record<string, TriggerSpec> {
  const triggers: Record<string, TriggerSpec> = {}
  for (const [at, value] of list.entries()) {
    const trigger = new Members(value, `${path}[${at}]`)
    const name = trigger.text('triggerName') ?? `trigger${at + 1}`
    const kind = trigger.text('triggerType')
    const config = trigger.inner('triggerConfig') ?? new Members({}, path)
    const shared = { qualifier: trigger.text('qualifier'), description: trigger.text('description') }
    if (kind === 'http') {
      triggers[name] = given({
        kind,
        ...shared,
        methods: config.texts('methods'),
        auth: readAuth(config),
      }) as TriggerSpec
    } else if (kind === 'timer') {
      triggers[name] = given({
        kind,
        ...shared,
        schedule: config.text('cronExpression'),
        payload: config.text('payload'),
        enabled: config.flag('enable'),
      }) as TriggerSpec
    } else {
      leftOut.push(
        `${path}[${at}] (${kind ?? 'no type'}): write a rule or a stream with the function as its target`,
      )
    }
  }
  return triggers
}

function readAuth(config: Members): HttpAuthSpec {
  const type = config.text('authType')
  if (type === undefined || type === 'anonymous') return { kind: 'none' }
  if (type === 'function') return { kind: 'signature' }
  throw new Error(`authType ${type} cannot be read; write the trigger's auth by hand`)
}
