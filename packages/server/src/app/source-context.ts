import type { Clock, PluginLog, Random, Source, SourceContext } from '@millrace/spi'
import type { SecretBox } from '../auth/index.ts'
import type { Doors } from '../http/index.ts'
import type { Plugins } from '../plugins/index.ts'
import type { Snapshots, StreamView } from '../resources/index.ts'
import type { CheckpointStore } from './checkpoints.ts'
import { connectedOptions } from './instances.ts'
import type { WiringRoles } from './wiring-roles.ts'

export interface SourceParts {
  readonly plugins: Pick<Plugins, 'openSource'>
  readonly secrets: SecretBox
  readonly snapshots: Pick<Snapshots, 'current'>
  readonly checkpoints: Pick<CheckpointStore, 'of'>
  readonly doors: Pick<Doors, 'door'>
  readonly roles: Pick<WiringRoles, 'refusalOfSource'>
  readonly clock: Clock
  readonly random: Random
  readonly log: PluginLog
  readonly region: string
  readonly allowPrivateTargets: boolean
  readonly fileRoots: readonly string[]
}

/** Opens the source of a stream for one task, loading its connector first if need be. */
export type SourceOpener = (stream: StreamView) => Promise<Source>

/**
 * The opener of sources: options of the stream over those of its instance, and the context that a source works in. It rejects
 * with `role.*`, `instance.invalid`, `plugin.*` and `options.invalid` when the stream cannot be read as things are now.
 */
export function sourceOpener(parts: SourceParts): SourceOpener {
  const { plugins, secrets, snapshots, roles } = parts
  return async stream => {
    const refusal = roles.refusalOfSource(stream)
    if (refusal !== undefined) throw refusal
    const { source } = stream.spec
    const options = connectedOptions(stream.account, source, snapshots.current(), secrets)
    return await plugins.openSource(source.connector, options, contextOf(parts, stream))
  }
}

function contextOf(parts: SourceParts, stream: StreamView): SourceContext {
  const { clock, random, log, region, allowPrivateTargets, fileRoots } = parts
  const { connector, instance } = stream.spec.source
  return {
    clock,
    random,
    log,
    region,
    allowPrivateTargets,
    fileRoots,
    account: stream.account,
    name: stream.name,
    instance: instance ?? connector,
    checkpoints: parts.checkpoints.of(stream),
    door: parts.doors.door(stream.key),
  }
}
