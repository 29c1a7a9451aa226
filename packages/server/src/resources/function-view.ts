import type { FunctionSpec } from './function.ts'
import { busKey, latestVersion } from './names.ts'
import type { Deployment, FunctionView } from './snapshot.ts'

/** What is stored of a function; its parts are documents of their own. */
export interface FunctionRecord {
  readonly spec: FunctionSpec
  readonly revision: number
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** Shared by all functions without parts of a kind: most have none, and an empty map each would cost most of their memory. */
const none: ReadonlyMap<string, never> = new Map<string, never>()

/** A function without any parts yet. */
export function functionView(account: string, name: string, record: FunctionRecord): FunctionView {
  const key = busKey(account, name)
  return {
    account,
    name,
    key,
    ...stored(record),
    latest: deployment(account, name, latestVersion, record.spec, record.revision),
    versions: none,
    aliases: none,
    triggers: none,
    async: none,
    scaling: none,
    reservedInstances: undefined,
    disabled: undefined,
  }
}

/** The function with another form of `LATEST`; its parts stay. */
export function withDeployment(view: FunctionView, record: FunctionRecord): FunctionView {
  const { account, name } = view
  return {
    ...view,
    ...stored(record),
    latest: deployment(account, name, latestVersion, record.spec, record.revision),
  }
}

export function deployment(
  account: string,
  name: string,
  version: string,
  spec: FunctionSpec,
  revision: number,
): Deployment {
  const functionKey = busKey(account, name)
  return { account, name, functionKey, key: `${functionKey}@${version}`, version, spec, revision }
}

function stored({ spec, revision, createdAtMs, updatedAtMs }: FunctionRecord): FunctionRecord {
  return { spec, revision, createdAtMs, updatedAtMs }
}
