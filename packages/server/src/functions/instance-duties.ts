import type { Clock, InstalledRuntime, Random } from '@millrace/spi'
import type { FunctionSpec } from '../resources/index.ts'
import { newRequestId } from './invoke/index.ts'
import type { PlatformLines } from './logs/index.ts'
import { type InstanceDuties, type InstanceJournal, silentJournal } from './pool/index.ts'

/**
 * How an instance serves the function. Where the code has a server of its own, that writes the lines around invocations
 * and hooks itself.
 */
export function instanceDuties(
  spec: FunctionSpec,
  runtime: InstalledRuntime,
  lines: PlatformLines,
  world: { readonly clock: Clock; readonly random: Random },
): InstanceDuties {
  return {
    initializerTimeoutMs: spec.initializerTimeoutMs + (runtime.programStartMs ?? 0),
    preStopMs: spec.preStop?.timeoutMs,
    freezes: spec.freeze,
    preFreezeMs: spec.preFreeze?.timeoutMs,
    journal:
      runtime.takesHttp === true
        ? silentJournal
        : journal(lines, () => newRequestId(world.clock, world.random)),
  }
}

/** A hook has a request id of its own, the same at its start and its end. */
function journal(lines: PlatformLines, newId: () => string): InstanceJournal {
  let hookId = ''
  return {
    invocationBegan: requestId => lines.began('Invoke', requestId),
    invocationEnded: (requestId, reason) => lines.ended('Invoke', requestId, reason),
    hookBegan(hook) {
      hookId = newId()
      lines.began(hook, hookId)
    },
    hookEnded: hook => lines.ended(hook, hookId),
  }
}
