import { setTimeout as pause } from 'node:timers/promises'
import { type Policy, type Rollout, rolloutOf, wantedReplicas } from './decide.mts'
import { ApiError, type Deployment, DeploymentApi } from './kubernetes.mts'

interface Upload {
  readonly data: { readonly oss: { readonly object: { readonly key: string; readonly size: number } } }
}

/** What came of an upload. */
export interface Report {
  readonly key: string
  readonly bytes: number
  readonly from: number
  readonly to: number
  /** `enough`: there were as many already. `stuck`: the cluster has given up, or it takes too long. */
  readonly verdict: 'scaled' | 'enough' | 'stuck'
  readonly available: number
  readonly reason?: string
}

/** How often somebody else may have been quicker. */
const conflictsMax = 10

/** Pause before a watch that has ended is begun again, in milliseconds. */
const againAfterMs = 100

const { BYTES_PER_REPLICA, REPLICAS_MAX, ROLLOUT_MS_MAX, CLUSTER_URL = '', CLUSTER_TOKEN = '' } = process.env
const { CLUSTER_AUTHORITY, NAMESPACE = 'default', DEPLOYMENT = '' } = process.env
const policy: Policy = { bytesPerReplica: Number(BYTES_PER_REPLICA), replicasMax: Number(REPLICAS_MAX) }
const api = new DeploymentApi({
  url: CLUSTER_URL,
  token: CLUSTER_TOKEN,
  authority: CLUSTER_AUTHORITY,
  namespace: NAMESPACE,
  deployment: DEPLOYMENT,
})

/** Has as many workers as an upload needs, and waits until they are there. A cluster that refuses or is away is an error. */
export async function handler(bytes: Uint8Array): Promise<Report> {
  const { key, size } = (JSON.parse(new TextDecoder().decode(bytes)) as Upload).data.oss.object
  const signal = AbortSignal.timeout(Number(ROLLOUT_MS_MAX))
  const { from, to } = await scale(size, signal)
  const rollout = await settled(signal)
  const verdict = rollout.state === 'ready' ? (from === to ? 'enough' : 'scaled') : 'stuck'
  const report = { key, bytes: size, from, to, verdict, available: rollout.available } as const
  console.log(`${key} ${from} → ${to} ${verdict}`)
  if (rollout.state === 'ready') return report
  return {
    ...report,
    reason: rollout.state === 'stuck' ? rollout.reason : `not ready after ${ROLLOUT_MS_MAX} ms`,
  }
}

/**
 * Decides on what is there and writes only if it still is: of two uploads at the same time, or an autoscaler beside us, neither
 * takes back what the other has done.
 */
async function scale(size: number, signal: AbortSignal): Promise<{ from: number; to: number }> {
  for (let conflicts = 0; ; conflicts++) {
    const { metadata, spec } = await api.scale(signal)
    const to = wantedReplicas(size, spec.replicas, policy)
    try {
      if (to !== spec.replicas) await api.setScale(to, metadata.resourceVersion, signal)
      return { from: spec.replicas, to }
    } catch (thrown) {
      if (!(thrown instanceof ApiError && thrown.status === 409) || conflicts === conflictsMax) throw thrown
    }
  }
}

/** Resolves when the deployment is ready or stuck, or with how far it is when the signal aborts. */
async function settled(signal: AbortSignal): Promise<Rollout> {
  let last: Rollout = { state: 'under way', available: 0 }
  try {
    for (;;) {
      const deployment = await api.get(signal)
      for await (const state of states(deployment, signal)) {
        last = rolloutOf(state)
        if (last.state !== 'under way') return last
      }
      await pause(againAfterMs, undefined, { signal })
    }
  } catch (thrown) {
    if (signal.aborted) return last
    throw thrown
  }
}

/** The deployment as it is and as it becomes, until the server ends the watch or has forgotten what came since (410). */
async function* states(deployment: Deployment, signal: AbortSignal): AsyncGenerator<Deployment> {
  yield deployment
  for await (const { type, object } of api.watch(deployment.metadata.resourceVersion, signal)) {
    if (type === 'ERROR') return
    if (type === 'DELETED') throw new Error('the deployment was deleted')
    if (type === 'ADDED' || type === 'MODIFIED') yield object
  }
}
