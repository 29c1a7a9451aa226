import type { RuleSpec, TargetSpec } from '@millrace/sdk'
import type { DemoEvent } from './input.ts'

/** How the receiving end treats the deliveries of a rule. */
export type Behaviour =
  /** Always answers 200. */
  | 'steady'
  /** Answers 503 to about a fifth of the attempts. */
  | 'flaky'
  /** Goes away in the middle and comes back on the same port. */
  | 'dying'
  /** Answers 500 to everything: these events end as dead letters. */
  | 'broken'
  /** Reached through a function, which posts what it made of the event. */
  | 'function'

export interface DemoRule {
  readonly name: string
  readonly behaviour: Behaviour
  /** What the rule asks, in words. */
  readonly asks: string
  readonly pattern: RuleSpec['pattern']
  /** The same question in plain code, so that the count does not rest on the matcher. */
  readonly matches: (event: DemoEvent) => boolean
  readonly target?: Partial<TargetSpec>
}

export const demoRules: readonly DemoRule[] = [
  {
    name: 'pushes',
    behaviour: 'steady',
    asks: 'type is push',
    pattern: { type: ['com.github.push'] },
    matches: ({ type }) => type === 'com.github.push',
  },
  {
    name: 'pull-requests',
    behaviour: 'function',
    asks: 'type begins with pull_request',
    pattern: { type: [{ prefix: 'com.github.pull_request' }] },
    matches: ({ type }) => type.startsWith('com.github.pull_request'),
  },
  {
    name: 'opened-or-closed',
    behaviour: 'flaky',
    asks: 'action is opened or closed',
    pattern: { data: { action: ['opened', 'closed'] } },
    matches: ({ data }) => data.action === 'opened' || data.action === 'closed',
    target: {
      transform: {
        form: 'TEMPLATE',
        value: { who: '$.data.sender.login', what: '$.data.action', where: '$.data.repository.full_name' },
        template: '{"text":"${jsonEscape(who)} ${what} something in ${where}"}',
      },
    },
  },
  {
    name: 'high-numbers',
    behaviour: 'steady',
    asks: 'issue number over 1',
    pattern: { data: { issue: { number: [{ numeric: ['>', 1] }] } } },
    matches: ({ data }) => (data.issue?.number ?? 0) > 1,
  },
  {
    name: 'labelled-bug',
    behaviour: 'dying',
    asks: 'one of the labels is bug',
    pattern: { data: { issue: { labels: { name: ['bug'] } } } },
    matches: ({ data }) => data.issue?.labels?.some(label => label.name === 'bug') ?? false,
  },
  {
    name: 'by-repository',
    behaviour: 'dying',
    asks: 'has a repository; in order per repository',
    pattern: { data: { repository: { full_name: [{ exists: true }] }, ref: [{ exists: true }] } },
    matches: ({ data }) =>
      typeof data.repository?.full_name === 'string' && data.ref !== undefined && data.ref !== null,
    target: { orderBy: '$.data.repository.full_name' },
  },
  {
    name: 'not-codertocat',
    behaviour: 'flaky',
    asks: 'sender is anybody but Codertocat',
    pattern: { data: { sender: { login: [{ 'anything-but': ['Codertocat'] }] } } },
    matches: ({ data }) => typeof data.sender?.login === 'string' && data.sender.login !== 'Codertocat',
  },
  {
    name: 'stars',
    behaviour: 'broken',
    asks: 'type is star or watch, to a target that always fails',
    pattern: { type: [{ suffix: '.star' }, { wildcard: 'com.github.wat*' }] },
    matches: ({ type }) => type === 'com.github.star' || type === 'com.github.watch',
  },
]

/** The spec of a rule, delivered to `url` (or through the function), dead letters to their own bus. */
export function ruleSpec(rule: DemoRule, url: string): RuleSpec {
  return {
    description: rule.asks,
    pattern: rule.pattern,
    targets: [
      {
        id: 'receiver',
        sink: rule.behaviour === 'function' ? { function: 'relay' } : { connector: 'http', options: { url } },
        retry: {
          strategy: 'CUSTOM',
          // A flaky target needs several tries; one that always fails must come to its end within the demo.
          retriesMax: rule.behaviour === 'broken' ? 3 : 50,
          delayMsMin: 100,
          delayMsMax: 1_000,
        },
        deadLetter: { bus: 'dead-letters' },
        timeoutMs: 5_000,
        ...rule.target,
      },
    ],
  }
}

/** Collects the dead letters; the rule they come from goes along in a header. */
export function deadLetterRule(url: string): RuleSpec {
  return {
    pattern: {},
    targets: [
      {
        id: 'receiver',
        sink: { connector: 'http', options: { url } },
        parameters: { 'headers.x-dead-letter-rule': { form: 'JSONPATH', value: '$.deadletterrule' } },
        retry: { strategy: 'CUSTOM', retriesMax: 50, delayMsMin: 100, delayMsMax: 1_000 },
      },
    ],
  }
}
