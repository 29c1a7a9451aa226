import type { Deployment } from './kubernetes.mts'

/** How much work makes a replica, and how many there may be. */
export interface Policy {
  readonly bytesPerReplica: number
  readonly replicasMax: number
}

/** Replicas for an upload of this size. Never fewer than there are: others may be at work on what came before. */
export function wantedReplicas(bytes: number, now: number, { bytesPerReplica, replicasMax }: Policy): number {
  return Math.max(now, Math.min(replicasMax, Math.ceil(bytes / bytesPerReplica)))
}

/** How far a deployment is. `reason` is what the cluster says of one that is stuck. */
export type Rollout =
  | { readonly state: 'ready' | 'under way'; readonly available: number }
  | { readonly state: 'stuck'; readonly available: number; readonly reason: string }

/**
 * Reads the status as `kubectl rollout status` does. Until the cluster has seen the new number the status is about the old one, and
 * tells nothing.
 */
export function rolloutOf({ metadata, spec, status }: Deployment): Rollout {
  const {
    observedGeneration = 0,
    updatedReplicas = 0,
    availableReplicas: available = 0,
    conditions = [],
  } = status
  if (observedGeneration < metadata.generation) return { state: 'under way', available }
  const overdue = conditions.find(
    ({ type, reason }) => type === 'Progressing' && reason === 'ProgressDeadlineExceeded',
  )
  if (overdue !== undefined)
    return { state: 'stuck', available, reason: overdue.message ?? 'no reason given' }
  const isReady = updatedReplicas >= spec.replicas && available >= spec.replicas
  return { state: isReady ? 'ready' : 'under way', available }
}
