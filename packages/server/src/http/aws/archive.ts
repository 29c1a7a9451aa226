import type { ForeignDocument, ForeignDocuments } from '../../resources/index.ts'
import { arnOf } from './names.ts'
import type { Call } from './operation.ts'
import { noSuch } from './refusal.ts'

/** What is kept of an archive: a view of the log of a bus from the moment at which the archive was made. */
export interface Archive {
  /** As the platform calls it. */
  readonly bus: string
  readonly description?: string
  /** As it was written. */
  readonly pattern?: string
  /** 0 keeps events as long as the bus can. */
  readonly retentionDays: number
}

export function archives({ services }: Call): ForeignDocuments {
  return services.resources.foreign.of('aws', 'archive')
}

/** Throws `ResourceNotFoundException`. */
export async function archiveOf(call: Call, name: string): Promise<ForeignDocument> {
  const found = await archives(call).find(call.account, name)
  if (found === undefined) throw noSuch(`Archive ${name}`)
  return found
}

export function readArchive({ value }: ForeignDocument): Archive {
  return value as unknown as Archive
}

export function archiveArn(call: Call, name: string): string {
  return arnOf(call, `archive/${name}`)
}
