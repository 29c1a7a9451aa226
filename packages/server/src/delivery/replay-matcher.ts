import { compile } from '@millrace/pattern'
import { patternOptions, type RuleSpec } from '../resources/index.ts'
import type { ReplayFilter } from './replay-record.ts'

/** Whether a replay delivers an event: the rule asks for it, and the filter, where there is one, lets it through. */
export function replayMatcher(
  rule: Pick<RuleSpec, 'pattern' | 'dialect'> | undefined,
  filter: ReplayFilter | undefined,
): (event: Uint8Array) => boolean {
  if (rule === undefined) return () => false
  const wanted = filter === undefined ? [rule] : [rule, filter]
  const matcher = compile(wanted.map((spec, index) => [index, spec.pattern, patternOptions(spec)]))
  return event => matcher.match(event).length === wanted.length
}
