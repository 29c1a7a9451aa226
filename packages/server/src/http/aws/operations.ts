import { apiDestinationOperations } from './api-destinations.ts'
import { archiveOperations } from './archives.ts'
import { busOperations } from './buses.ts'
import { connectionOperations } from './connections.ts'
import type { Operation } from './operation.ts'
import { permissionOperations } from './permissions.ts'
import { putEventsOperation } from './put-events.ts'
import { refuse, refusedOperations } from './refused.ts'
import { replayOperations } from './replays.ts'
import { ruleOperations } from './rules.ts'
import { tagOperations } from './tags.ts'
import { targetOperations } from './targets.ts'
import { testPatternOperation } from './test-pattern.ts'

/** Every operation of the interface by its name. */
export const operations: ReadonlyMap<string, Operation> = new Map([
  ['PutEvents', putEventsOperation] as const,
  ['TestEventPattern', testPatternOperation] as const,
  ...Object.entries(busOperations),
  ...Object.entries(permissionOperations),
  ...Object.entries(ruleOperations),
  ...Object.entries(targetOperations),
  ...Object.entries(archiveOperations),
  ...Object.entries(replayOperations),
  ...Object.entries(connectionOperations),
  ...Object.entries(apiDestinationOperations),
  ...Object.entries(tagOperations),
  ...Object.entries(refusedOperations).map(([name, what]) => [name, refuse(what)] as const),
])
