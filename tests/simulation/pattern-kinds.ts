import type { Chance } from './chance.ts'

/** What patterns of the simulation look at. */
export interface EventFacts {
  readonly type: string
  readonly kind: string
  readonly n: number
}

/** A pattern with the same question in plain code: the model never asks the matcher. */
export interface PatternKind {
  readonly pattern: Record<string, unknown>
  readonly matches: (facts: EventFacts) => boolean
}

export const eventTypes = ['order.created', 'order.paid', 'ping'] as const
export const eventKinds = ['alpha', 'beta', 'gamma'] as const

export const everything: PatternKind = { pattern: {}, matches: () => true }

export function anyPattern(chance: Chance): PatternKind {
  const limit = chance.between(10, 90)
  const kind = chance.pick(eventKinds)
  return chance.pick<PatternKind>([
    everything,
    { pattern: { type: ['ping'] }, matches: ({ type }) => type === 'ping' },
    { pattern: { type: [{ prefix: 'order.' }] }, matches: ({ type }) => type.startsWith('order.') },
    { pattern: { data: { kind: [kind] } }, matches: facts => facts.kind === kind },
    { pattern: { data: { kind: [{ 'anything-but': [kind] }] } }, matches: facts => facts.kind !== kind },
    { pattern: { data: { n: [{ numeric: ['>', limit] }] } }, matches: ({ n }) => n > limit },
    {
      pattern: { type: [{ suffix: 'paid' }], data: { n: [{ numeric: ['<=', limit] }] } },
      matches: ({ type, n }) => type.endsWith('paid') && n <= limit,
    },
  ])
}
