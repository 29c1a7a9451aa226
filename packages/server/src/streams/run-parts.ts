import type { Clock, Leases, PluginLog, Random, Source } from '@millrace/spi'
import type { Tracer } from '../observability/index.ts'
import type { StreamView } from '../resources/index.ts'
import type { EquipmentParts } from './equipment.ts'
import type { StreamLimits } from './limits.ts'

/** What the host knows of a connector's source. */
export interface SourceTraits {
  /** Tasks of one stream that can share the records. */
  readonly tasksMax: number
  /** Whether order is kept within partitions. */
  readonly ordered: boolean
}

/** What all streams of a node work with. */
export interface RunParts extends EquipmentParts {
  /** Opens a source with the options of the stream and its instance. Rejects with an AppError. */
  readonly openSource: (stream: StreamView) => Promise<Source>
  readonly sourceTraits: (connector: string) => Promise<SourceTraits>
  readonly leases: Leases
  /** Name of this node among those that share the storage. */
  readonly node: string
  readonly clock: Clock
  readonly random: Random
  readonly log: PluginLog
  readonly tracer: Tracer | undefined
  readonly limits: StreamLimits
}
