import { setTimeout as pause } from 'node:timers/promises'
import { type Client, MillraceError } from '@millrace/sdk'
import type { DemoEvent } from './input.ts'

const batchSize = 20
const connections = 4
/** A batch is tried again while the server is away, at most this often, 100 ms apart. */
const triesMax = 600

export interface Published {
  accepted: number
  /** Batches that had to be sent again because no answer came. */
  repeated: number
}

/**
 * Publishes all events over HTTP, several batches at a time. A batch without an answer is sent again: the bus knows
 * which events of it were stored already and stores them once.
 */
export async function publishAll(
  client: () => Client,
  events: readonly DemoEvent[],
  publishedAtMs: Map<string, number>,
  onProgress: (accepted: number) => void,
): Promise<Published> {
  const published: Published = { accepted: 0, repeated: 0 }
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < events.length) {
      const batch = events.slice(next, next + batchSize)
      next += batchSize
      published.repeated += await publishBatch(client, batch, publishedAtMs)
      published.accepted += batch.length
      onProgress(published.accepted)
    }
  }
  await Promise.all(Array.from({ length: connections }, worker))
  return published
}

/** Resolves with the number of times the batch had to be sent again. */
async function publishBatch(
  client: () => Client,
  batch: readonly DemoEvent[],
  publishedAtMs: Map<string, number>,
): Promise<number> {
  for (let tries = 0; tries < triesMax; tries++) {
    for (const { id } of batch) if (!publishedAtMs.has(id)) publishedAtMs.set(id, performance.now())
    try {
      const { failed, outcomes } = await client().events.publishBatch('github', batch)
      if (failed > 0)
        throw new Error(
          `the server refused ${failed} events: ${JSON.stringify(outcomes.find(outcome => 'error' in outcome))}`,
        )
      return tries
    } catch (thrown) {
      const isAway =
        thrown instanceof MillraceError &&
        (thrown.status === 0 || thrown.status === 429 || thrown.status === 503)
      if (!isAway) throw thrown
      await pause(100)
    }
  }
  throw new Error(`a batch could not be published in ${triesMax} tries`)
}
