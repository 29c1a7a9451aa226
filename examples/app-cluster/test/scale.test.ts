import { expect, test } from 'vitest'
import { StandInCluster } from '../cluster.ts'
import { rolloutOf, wantedReplicas } from '../functions/scale/decide.mts'
import { type Change, type Deployment, DeploymentApi } from '../functions/scale/kubernetes.mts'

const policy = { bytesPerReplica: 1_000, replicasMax: 8 }

test.each([
  [0, 1, 1],
  [1_000, 1, 1],
  [1_001, 1, 2],
  [1_000_000, 1, 8],
  [200, 5, 5],
  [1_000_000, 12, 12],
])('an upload of %d bytes on %d replicas wants %d', (bytes, now, wanted) => {
  expect(wantedReplicas(bytes, now, policy)).toBe(wanted)
})

const deployment = (status: Deployment['status']): Deployment => ({
  metadata: { resourceVersion: '7', generation: 3 },
  spec: { replicas: 4 },
  status,
})
const full = { updatedReplicas: 4, availableReplicas: 4 }

test('a status about an older number is under way, however good it looks', () => {
  expect(rolloutOf(deployment({ ...full, observedGeneration: 2 })).state).toBe('under way')
  expect(rolloutOf(deployment({ ...full, observedGeneration: 3 })).state).toBe('ready')
})

test('pods that are not available, or not of the newest form, are waited for', () => {
  expect(rolloutOf(deployment({ ...full, observedGeneration: 3, availableReplicas: 3 }))).toEqual({
    state: 'under way',
    available: 3,
  })
  expect(rolloutOf(deployment({ ...full, observedGeneration: 3, updatedReplicas: 3 })).state).toBe(
    'under way',
  )
  expect(rolloutOf(deployment({ observedGeneration: 3 })).state).toBe('under way')
})

test('what the cluster has given up is stuck, with its reason', () => {
  const overdue = {
    type: 'Progressing',
    status: 'False',
    reason: 'ProgressDeadlineExceeded',
    message: 'no room',
  }
  const { state, ...rest } = rolloutOf(deployment({ observedGeneration: 3, conditions: [overdue] }))
  expect([state, rest]).toEqual(['stuck', { available: 0, reason: 'no room' }])
})

async function startCluster(): Promise<[StandInCluster, DeploymentApi, AbortSignal]> {
  const cluster = await StandInCluster.start({ token: 't', podsMax: 6, podMs: 1 })
  const place = { authority: undefined, namespace: 'media', deployment: 'transcoder' }
  return [cluster, new DeploymentApi({ url: cluster.url, token: 't', ...place }), AbortSignal.timeout(10_000)]
}

test('a scale that was changed meanwhile is not written', async () => {
  const [cluster, api, signal] = await startCluster()
  await using _ = cluster
  const { metadata } = await api.scale(signal)
  await api.setScale(2, metadata.resourceVersion, signal)

  await expect(api.setScale(5, metadata.resourceVersion, signal)).rejects.toMatchObject({ status: 409 })
  expect(cluster.replicas).toBe(2)
})

test('a watch tells what has become of the deployment since the version it names, and then what comes', async () => {
  const [cluster, api, signal] = await startCluster()
  await using _ = cluster
  const { metadata } = await api.get(signal)
  await api.setScale(3, metadata.resourceVersion, signal)
  const seen: Change[] = []
  for await (const change of api.watch(metadata.resourceVersion, signal)) {
    seen.push(change)
    if (rolloutOf(change.object).state === 'ready') break
  }
  expect(seen.map(({ object }) => object.status.availableReplicas)).toEqual([1, 2, 3])
})

test('a watch that comes too late is told so, and a wrong path that nothing is there', async () => {
  const [cluster, api, signal] = await startCluster()
  await using _ = cluster
  cluster.forget()
  const changes = await Array.fromAsync(api.watch('1', signal))
  expect(changes).toMatchObject([{ type: 'ERROR', object: { code: 410 } }])

  const place = { authority: undefined, namespace: 'media', deployment: 'none' }
  const elsewhere = new DeploymentApi({ url: cluster.url, token: 't', ...place })
  await expect(elsewhere.get(signal)).rejects.toMatchObject({ status: 404 })
})
