import assert from 'node:assert/strict'
import type { Client } from '@millrace/sdk'
import type { Result, Stage } from '../application.ts'
import type { StandInCluster } from './cluster.ts'
import type { Report } from './functions/scale/index.mts'
import { uploads } from './uploads.ts'

/** Where files are uploaded to, whichever it is. */
export interface Storage {
  /** Of the wiring. */
  readonly environment?: string
  /** What the wiring reads of it from the environment. */
  readonly settings: Readonly<Record<string, string>>
  /** After the wiring was applied. */
  start(): Promise<void>
  upload(key: string, bytes: number): Promise<void>
}

/** The record of a call, as its destination gets it. */
interface Outcome {
  readonly requestContext: { readonly condition: string; readonly approximateInvokeCount: number }
  readonly responsePayload: string
}

/** Uploads one file after the other, and holds what is reported and what the cluster has against what must come of them. */
export async function run(stage: Stage, storage: Storage, cluster: StandInCluster): Promise<Result> {
  const { server, signal } = stage
  Object.assign(process.env, storage.settings, { CLUSTER_URL: cluster.url, CLUSTER_TOKEN: cluster.token })
  const environment = storage.environment === undefined ? [] : ['--env', storage.environment]
  await server.millrace('apply', import.meta.dirname, ...environment)
  await storage.start()

  const lines: string[] = []
  const verdicts: string[] = []
  for (const { key, bytes, meanwhile, comes } of uploads) {
    meanwhile?.(cluster)
    await storage.upload(key, bytes)
    if (comes === undefined) continue
    if (comes === 'failed') {
      const { requestContext, responsePayload } = await next(server.client, 'scaling-failures', signal)
      const { errorMessage } = JSON.parse(responsePayload) as { errorMessage: string }
      assert.equal(requestContext.approximateInvokeCount, 2)
      lines.push(`${key}  failed after 2 tries: ${errorMessage}`)
      verdicts.push('failed')
    } else {
      const { responsePayload } = await next(server.client, 'scalings', signal)
      const { reason, ...report } = JSON.parse(responsePayload) as Report
      assert.deepEqual(report, { key, bytes, ...comes })
      lines.push(
        `${key}  ${report.from} → ${report.to}  ${report.verdict}, ${report.available} available  ${reason ?? ''}`,
      )
      verdicts.push(report.verdict)
    }
    stage.say(lines.at(-1) ?? '')
  }
  for (const queue of ['scalings', 'scaling-failures']) {
    assert.deepEqual(
      await server.client.queues.receive(queue),
      [],
      `queue ${queue} has more than one report of an upload`,
    )
  }
  assert.equal(cluster.replicas, 8)
  const conflicts = cluster.answers[409] ?? 0
  assert.equal(conflicts, 1)
  return {
    headline:
      `${uploads.length} uploads: ${counted(verdicts)}, 1 passed over; available pods ${cluster.available.join(' → ')}; ` +
      `${conflicts} conflict with another writer, 0 replicas taken back`,
    lines,
  }
}

/** Takes the next outcome out of a queue; waits for it. */
async function next(client: Client, queue: string, signal: AbortSignal): Promise<Outcome> {
  for (;;) {
    const [message] = await client.queues.receive(queue, { waitMs: 5_000, signal })
    if (message === undefined) continue
    await client.queues.deleteMessages(queue, [message.handle])
    return JSON.parse(message.body ?? '') as Outcome
  }
}

function counted(verdicts: readonly string[]): string {
  const groups = Object.entries(Object.groupBy(verdicts, verdict => verdict))
  return groups.map(([verdict, all = []]) => `${all.length} ${verdict}`).join(', ')
}
