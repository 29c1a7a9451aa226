import type { Clock, Storage } from '@millrace/spi'
import type { Ingest, SinkResolver } from '@millrace/server/engine'

/** A bug on purpose, wrapped around the parts of the engine: the simulation must find it. */
export interface Plant {
  readonly name: string
  /** What is wrong with it, in a few words. */
  readonly fault: string
  storage?(storage: Storage, clock: Clock): Storage
  sinks?(sinks: SinkResolver, clock: Clock): SinkResolver
  ingest?(make: () => Ingest): Ingest
}
