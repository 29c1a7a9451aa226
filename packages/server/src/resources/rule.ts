import type { PatternOptions } from '@millrace/pattern'
import { type Static, Type } from 'typebox'
import { Foreign } from './foreign.ts'
import { RoleName } from './role-name.ts'
import { Tags } from './tags.ts'
import { TargetSpec } from './target.ts'

/** A question put to every event of a bus, and what to do with those that answer yes. */
export const RuleSpec = Type.Object(
  {
    description: Type.String({ default: '', maxLength: 255 }),
    pattern: Type.Record(Type.String(), Type.Unknown(), {
      description: 'Event pattern; `{}` matches everything.',
    }),
    dialect: Type.Union([Type.Literal('standard'), Type.Literal('aliyun')], {
      default: 'standard',
      description: 'Which meaning the pattern has where the two public dialects differ.',
    }),
    state: Type.Union([Type.Literal('enabled'), Type.Literal('disabled')], {
      default: 'enabled',
      description: 'A disabled rule matches nothing. To keep a backlog, pause its targets.',
    }),
    start: Type.Union(
      [
        Type.Literal('tip'),
        Type.Literal('oldest'),
        Type.Object({ time: Type.String({ description: 'RFC 3339' }) }, { additionalProperties: false }),
      ],
      {
        default: 'tip',
        description:
          'From where a new rule reads: now, the oldest retained event, or a time. Ignored on change.',
      },
    ),
    targets: Type.Array(TargetSpec, {
      default: [],
      maxItems: 20,
      description: 'Up to 20 targets with unique ids.',
    }),
    role: Type.Optional(RoleName),
    tags: Tags,
    foreign: Foreign,
  },
  { additionalProperties: false },
)
export type RuleSpec = Static<typeof RuleSpec>

/**
 * How to read the pattern of a rule or stream. The public semantics of the standard dialect refuse a pattern without fields; a rule may
 * say "everything" in either dialect, and the other one has the words for it.
 */
export function patternOptions(spec: Pick<RuleSpec, 'pattern' | 'dialect'>): PatternOptions {
  return { dialect: Object.keys(spec.pattern).length === 0 ? 'aliyun' : spec.dialect }
}
