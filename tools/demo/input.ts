import type { EventInput } from '@millrace/sdk'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A payload as GitHub sends it; only what the demo looks at is named. */
export interface Payload {
  readonly action?: string
  readonly sender?: { readonly login?: string; readonly type?: string }
  readonly repository?: {
    readonly full_name?: string
    readonly private?: boolean
    readonly stargazers_count?: number
  }
  readonly organization?: { readonly login?: string }
  readonly issue?: { readonly number?: number; readonly labels?: readonly { readonly name?: string }[] }
  readonly pull_request?: { readonly number?: number; readonly draft?: boolean }
  readonly ref?: string
}

export interface DemoEvent extends EventInput {
  readonly id: string
  readonly type: string
  readonly data: Payload
}

interface Example {
  readonly name: string
  readonly examples: readonly Payload[]
}

/** Every example payload as a CloudEvent, `rounds` times over with ids of their own. */
export function readInput(rounds: number): DemoEvent[] {
  const path = fileURLToPath(import.meta.resolve('@octokit/webhooks-examples'))
  const examples = JSON.parse(readFileSync(path, 'utf8')) as Example[]
  const events: DemoEvent[] = []
  for (let round = 0; round < rounds; round++) {
    for (const { name, examples: payloads } of examples) {
      for (const [index, data] of payloads.entries()) {
        events.push({
          specversion: '1.0',
          id: `${name}-${index}-${round}`,
          source: `https://github.com/${data.repository?.full_name ?? 'octokit'}`,
          type: `com.github.${name}`,
          datacontenttype: 'application/json',
          data,
        })
      }
    }
  }
  return events
}
