import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client, RetrySpec } from '@millrace/sdk'
import type { Ledger } from './ledger.ts'

/** One rule of the load, and which of the published events have to arrive by it. */
export interface LoadRule {
  readonly name: string
  readonly target: string
  expects(id: string): boolean
}

const keys = 5

const keyOf = (id: string): number => Number(id.slice(id.lastIndexOf('-') + 1)) % keys

/** Every kind of road: plain, by key, into a function, and through a target that fails always, as a dead letter. */
export const loadRules: readonly LoadRule[] = [
  { name: 'all', target: 'HTTP', expects: () => true },
  { name: 'ordered', target: 'HTTP, by key', expects: () => true },
  { name: 'function', target: 'function', expects: id => keyOf(id) === 0 },
  { name: 'letters', target: 'dead letters', expects: () => true },
]

/** Writes the buses, the function and the rules. */
export async function wireLoad(client: Client, url: string): Promise<void> {
  await client.buses.put('load', {})
  await client.buses.put('letters', {})
  const retry: RetrySpec = { strategy: 'CUSTOM', retriesMax: 1_000, delayMsMin: 50, delayMsMax: 500 }
  const to = (path: string) => ({ connector: 'http', options: { url: `${url}/${path}` } })
  const rules = client.rules('load')
  await rules.put('all', { pattern: {}, targets: [{ id: 't', sink: to('all'), retry }] })
  const orderBy = '$.data.key'
  await rules.put('ordered', { pattern: {}, targets: [{ id: 't', sink: to('ordered'), retry, orderBy }] })
  const broken = { id: 't', sink: to('broken'), retry: { ...retry, retriesMax: 1 } }
  await rules.put('broken', { pattern: {}, targets: [{ ...broken, deadLetter: { bus: 'letters' } }] })
  const collect = { id: 't', sink: to('letters'), retry }
  await client.rules('letters').put('collect', { pattern: {}, targets: [collect] })

  const source = await readFile(join(import.meta.dirname, 'recorder/index.mjs'))
  const code = await client.uploadCode(new Map([['index.mjs', source]]))
  const environment = { LEDGER_URL: `${url}/function` }
  await client.functions.put('recorder', { code, handler: 'index.handler', environment, instancesMax: 2 })
  const call = { id: 't', sink: { function: 'recorder' }, retry }
  await rules.put('function', { pattern: { data: { key: ['k0'] } }, targets: [call] })
}

/** Publishes, singly and in batches, until the server is gone or the signal aborts; writes into the ledger what was acknowledged. */
export async function publishLoad(
  client: Client,
  ledger: Ledger,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  for (let turn = 0; !signal.aborted; turn++) {
    const count = turn % 2 === 0 ? 1 : 20
    const events = Array.from({ length: count }, (_, index) => {
      const id = `${name}-${turn}-${index}`
      return {
        id,
        source: '/crash',
        type: 'load',
        data: { key: `k${keyOf(id)}`, text: 'x'.repeat(200) },
      }
    })
    try {
      const { outcomes } = await client.events.publishBatch('load', events)
      for (const outcome of outcomes) {
        if ('position' in outcome) ledger.acknowledged.set(outcome.id, outcome.position)
      }
    } catch {
      ledger.unanswered += count
      return
    }
  }
}
