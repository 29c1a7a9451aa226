import type { Report } from './functions/scale/index.mts'
import type { StandInCluster } from './cluster.ts'

/** A file that somebody uploads, and what must come of it. */
export interface Upload {
  readonly key: string
  readonly bytes: number
  /** What happens in the cluster at the same time. */
  readonly meanwhile?: (cluster: StandInCluster) => void
  /** What is reported; `failed` when the cluster lets nobody in, `undefined` when the file is no video. */
  readonly comes: Omit<Report, 'key' | 'bytes' | 'reason'> | 'failed' | undefined
}

/** In this order; a replica does 1,000 bytes, and there are to be 8 at most. The cluster has room for 6. */
export const uploads: readonly Upload[] = [
  { key: 'incoming/clip.mp4', bytes: 200, comes: { verdict: 'enough', from: 1, to: 1, available: 1 } },
  {
    key: 'incoming/day.mp4',
    bytes: 2_500,
    meanwhile: cluster => cluster.interfere(),
    comes: { verdict: 'scaled', from: 2, to: 3, available: 3 },
  },
  { key: 'thumbnails/day.png', bytes: 9_000, comes: undefined },
  {
    key: 'incoming/week.mp4',
    bytes: 4_800,
    meanwhile: cluster => cluster.forget(),
    comes: { verdict: 'scaled', from: 3, to: 5, available: 5 },
  },
  { key: 'incoming/short.mp4', bytes: 900, comes: { verdict: 'enough', from: 5, to: 5, available: 5 } },
  { key: 'incoming/year.mp4', bytes: 90_000, comes: { verdict: 'stuck', from: 5, to: 8, available: 6 } },
  {
    key: 'incoming/late.mp4',
    bytes: 100,
    meanwhile: cluster => {
      cluster.token = 'withdrawn'
    },
    comes: 'failed',
  },
]
