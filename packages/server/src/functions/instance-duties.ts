import type { Clock, Random } from '@millrace/spi'
import type { FunctionSpec } from '../resources/index.ts'
import { newRequestId } from './invoke/index.ts'
import type { PlatformLines } from './logs/index.ts'
import { type InstanceDuties, type InstanceJournal, silentJournal } from './pool/index.ts'

/**
 * How an instance serves the function. `silent`: its program writes the lines around invocations and hooks itself
 * (runtimes with a server of the code's own).
 */
export function instanceDuties(
  spec: FunctionSpec,
  silent: boolean,
  lines: PlatformLines,
  world: { readonly clock: Clock; readonly random: Random },
): InstanceDuties {
  return {
    initializerTimeoutMs: spec.initializerTimeoutMs,
    preStopMs: spec.preStop?.timeoutMs,
    freezes: spec.freeze,
    preFreezeMs: spec.preFreeze?.timeoutMs,
    journal: silent ? silentJournal : journal(lines, () => newRequestId(world.clock, world.random)),
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
