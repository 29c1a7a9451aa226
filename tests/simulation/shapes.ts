import type { BusShape } from './bus-model.ts'
import { anyPattern, everything } from './pattern-kinds.ts'
import type { RuleShape, TargetShape } from './rule-model.ts'
import type { Chance } from './chance.ts'

/** Targets of the simulation; the last two take dead letters. `steady` never misbehaves. */
export const sinkNames = ['steady', 's1', 's2', 's3', 's4', 'dead1', 'dead2'] as const
export const badSinkNames = sinkNames.slice(1)

export function busShapes(chance: Chance): BusShape[] {
  const large = { retentionMs: 86_400_000, retentionBytesMax: 10_000_000, eventBytesMax: 1_024 }
  return [
    { name: 'main', isRelaxed: false, dedupWindowMs: chance.pick([5_000, 60_000]), ...large },
    {
      name: 'small',
      isRelaxed: false,
      dedupWindowMs: 0,
      retentionMs: chance.pick([5_000, 20_000]),
      retentionBytesMax: chance.between(3_000, 20_000),
      eventBytesMax: 1_024,
    },
    { name: 'loose', isRelaxed: true, dedupWindowMs: 0, ...large },
  ]
}

/** Whether a target of a rule keeps order: it never changes during a run. */
export function isOrdered(rule: string, target: string): boolean {
  return rule.startsWith('ordered') || (rule === 'r1' && target === 't1')
}

/** The rule against which isolation is measured: a good target that nobody touches. */
export function steadyShape(mark: string): RuleShape {
  const target = { id: 't0', sink: 'steady', deadLetter: undefined, isOrdered: false, concurrencyMax: 8 }
  const targets = [{ ...target, ratePerSecondMax: undefined, isPaused: false }]
  return { mark, kind: everything, isEnabled: true, start: 'tip', targets }
}

export function anyShape(chance: Chance, rule: string, mark: string, isNew: boolean): RuleShape {
  const ids = chance.happens(0.5) ? ['t0', 't1'] : ['t0']
  return {
    mark,
    kind: anyPattern(chance),
    isEnabled: chance.happens(0.9),
    start: isNew && chance.happens(0.4) ? 'oldest' : 'tip',
    targets: ids.map(id => anyTarget(chance, rule, id)),
  }
}

function anyTarget(chance: Chance, rule: string, id: string): TargetShape {
  return {
    id,
    sink: chance.pick(['s1', 's2', 's3', 's4']),
    deadLetter: chance.happens(0.6) ? chance.pick(['dead1', 'dead2']) : undefined,
    isOrdered: isOrdered(rule, id),
    concurrencyMax: chance.pick([1, 2, 4, 16]),
    ratePerSecondMax: chance.happens(0.25) ? chance.pick([0.5, 2, 20]) : undefined,
    isPaused: chance.happens(0.08),
  }
}

/** The spec that the engine is given for a shape; what the model does not follow is drawn here. */
export function ruleSpec(chance: Chance, shape: RuleShape): Record<string, unknown> {
  return {
    description: shape.mark,
    pattern: shape.kind.pattern,
    state: shape.isEnabled ? 'enabled' : 'disabled',
    start: shape.start,
    targets: shape.targets.map(target => ({
      id: target.id,
      sink: { function: target.sink },
      ...(target.deadLetter === undefined ? {} : { deadLetter: { function: target.deadLetter } }),
      ...(target.isOrdered ? { orderBy: '$.data.key' } : {}),
      ...(target.ratePerSecondMax === undefined ? {} : { ratePerSecondMax: target.ratePerSecondMax }),
      concurrencyMax: target.concurrencyMax,
      paused: target.isPaused,
      timeoutMs: chance.pick([200, 1_000, 3_000]),
      onExhausted: chance.happens(0.15) ? 'block' : 'continue',
      retry: anyRetry(chance, target.isOrdered),
    })),
  }
}

function anyRetry(chance: Chance, isOrderedTarget: boolean): Record<string, unknown> {
  const ageMsMax = isOrderedTarget ? 86_400_000 : chance.pick([86_400_000, 86_400_000, 60_000])
  const custom = { strategy: 'CUSTOM', retriesMax: chance.pick([0, 1, 3, 8]), ageMsMax }
  return chance.pick([
    { strategy: 'BACKOFF_RETRY' },
    { ...custom, delayMsMin: 50, delayMsMax: 400 },
    { ...custom, delayMsMin: 500, delayMsMax: 20_000 },
  ])
}
