import { isDeepStrictEqual } from 'node:util'
import { AppError, retryNever } from '@millrace/spi'
import { type Control, checkCount } from './control.ts'
import { notFound } from './errors.ts'
import type { FunctionSpec } from './function.ts'
import { writeFunctionState } from './function-state.ts'
import { deployment } from './function-view.ts'
import { documentKey } from './records.ts'
import { sealRecord } from './secrets.ts'
import type { FunctionView, VersionView } from './snapshot.ts'

export const versionKind = 'function-version'

/** What is stored of a published version. */
export interface VersionRecord {
  readonly spec: FunctionSpec
  readonly description: string
  readonly createdAtMs: number
}

export interface VersionPage {
  /** Versions that come after this one in the chosen order. */
  readonly after?: string | undefined
  readonly limit?: number | undefined
  /** The newest first unless told. */
  readonly order?: 'newest' | 'oldest' | undefined
}

/** Published versions of all functions: what `LATEST` was when each was made, for good (function-compute section 9.2). */
export class VersionStore {
  private readonly control: Control

  constructor(control: Control) {
    this.control = control
  }

  /**
   * Keeps `LATEST` under the next number. Numbers begin with 1 and are never given again. Refuses
   * `resource.unchanged` when the newest version is just that, and `resource.limit-exceeded`.
   */
  publish(account: string, name: string, description: string): Promise<VersionView> {
    return this.control.exclusive(async () => {
      const { control } = this
      const view = control.functionView(account, name)
      const last = control.states.get(view.key)?.lastVersion ?? 0
      const newest = view.versions.get(String(last))
      if (newest !== undefined && isDeepStrictEqual(newest.deployment.spec, view.spec)) {
        throw new AppError(
          'resource.unchanged',
          `function ${name} is what its version ${last} is; there is nothing to publish`,
          retryNever,
          { details: { version: String(last) } },
        )
      }
      checkCount('versions of this function', view.versions.size, control.limits.versionsPerFunctionMax)
      // The number is spent before it is used: after a crash in between it is skipped, not given twice.
      const { lastVersion } = await writeFunctionState(control, account, name, state => ({
        ...state,
        lastVersion: last + 1,
      }))
      const version = String(lastVersion)
      const record = { spec: view.spec, description, createdAtMs: control.host.clock.nowMs() }
      await control.host.documents.put(
        documentKey(versionKind, account, name, version),
        sealRecord(record, control.host.secrets),
      )
      const published = versionView(view, version, record)
      control.setFunction({ ...view, versions: new Map(view.versions).set(version, published) })
      return published
    })
  }

  get(account: string, name: string, version: string): VersionView {
    const found = this.control.functionView(account, name).versions.get(version)
    if (found === undefined) throw notFound('version', `${name}/${version}`)
    return found
  }

  /** One page, and the version to go on after when there are more. */
  list(
    account: string,
    name: string,
    { after, limit = 100, order = 'newest' }: VersionPage,
  ): { items: readonly VersionView[]; next: string | undefined } {
    const sign = order === 'newest' ? -1 : 1
    const sorted = [...this.control.functionView(account, name).versions.values()]
      .filter(({ version }) => after === undefined || sign * (Number(version) - Number(after)) > 0)
      .sort((left, right) => sign * (Number(left.version) - Number(right.version)))
    const items = sorted.slice(0, Math.min(Math.max(1, limit), 1_000))
    return { items, next: sorted.length > items.length ? items.at(-1)?.version : undefined }
  }

  /** What names the version stays: calls by it find nothing from then on. */
  delete(account: string, name: string, version: string): Promise<void> {
    return this.control.exclusive(async () => {
      this.get(account, name, version)
      await this.control.host.documents.delete(documentKey(versionKind, account, name, version))
      const view = this.control.functionView(account, name)
      const versions = new Map(view.versions)
      versions.delete(version)
      this.control.setFunction({ ...view, versions })
    })
  }
}

/** A version of a function as the snapshot has it. */
export function versionView(
  { account, name }: FunctionView,
  version: string,
  record: VersionRecord,
): VersionView {
  const { spec, description, createdAtMs } = record
  return { version, description, createdAtMs, deployment: deployment(account, name, version, spec, 1) }
}
