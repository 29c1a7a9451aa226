import { isDeepStrictEqual } from 'node:util'
import { AppError, retryNever } from '@millrace/spi'
import { type Page, type PageOf, type PutResult, pageOf, type Resource } from './collection.ts'
import { type Control, checkRevision } from './control.ts'
import { notFound } from './errors.ts'
import { FunctionSpec } from './function.ts'
import { type FunctionRecord, functionView, withDeployment } from './function-view.ts'
import { functionStateKind, writeFunctionState } from './function-state.ts'
import { checkLayers } from './layer-store.ts'
import { busKey, latestVersion } from './names.ts'
import { partKinds } from './part-kinds.ts'
import type { QuotaFace } from './quota.ts'
import { documentKey } from './records.ts'
import { sealRecord } from './secrets.ts'
import type { FunctionView } from './snapshot.ts'
import { versionKind } from './version-store.ts'
import { checkName, specParser } from './spec.ts'

const parseFunction = specParser('function', FunctionSpec)

/** The functions of all accounts: their settings; the code lies apart. */
export class FunctionStore {
  private readonly control: Control

  constructor(control: Control) {
    this.control = control
  }

  /**
   * Creates or replaces `LATEST`; parts of the function stay. Refuses what could never run (`options.invalid`,
   * `function.layer-not-found`, `function.layer-incompatible`, and what the host refuses), `resource.conflict` and
   * `resource.limit-exceeded`.
   */
  put(account: string, name: string, spec: unknown, expected?: number, face?: QuotaFace): Promise<PutResult> {
    return this.control.exclusive(async () => {
      const { control } = this
      checkName('function', name)
      const parsed = parseFunction(spec)
      const key = busKey(account, name)
      const before = control.functions.get(key)
      checkLayers(control, account, parsed, before?.spec.layers ?? [])
      await control.host.checkFunction(account, parsed, before)
      checkRevision('function', name, before?.revision ?? 0, expected)
      if (before !== undefined && isDeepStrictEqual(before.spec, parsed))
        return { created: false, revision: before.revision }
      if (before === undefined) {
        control.checkRoom('functions', account, control.functions, face)
        // What a deletion left behind when it failed half-way must not come to life again.
        await deleteParts(control, account, name)
      }
      const nowMs = control.host.clock.nowMs()
      const revision = (before?.revision ?? 0) + 1
      const createdAtMs = before?.createdAtMs ?? nowMs
      const record: FunctionRecord = { spec: parsed, revision, createdAtMs, updatedAtMs: nowMs }
      const stored = sealRecord(record, control.host.secrets)
      await control.host.documents.put(documentKey('function', account, name), stored)
      control.setFunction(
        before === undefined ? functionView(account, name, record) : withDeployment(before, record),
      )
      return { created: before === undefined, revision }
    })
  }

  get(account: string, name: string): Resource<FunctionSpec> {
    const view = this.control.functions.get(busKey(account, name))
    if (view === undefined) throw notFound('function', name)
    return view
  }

  /** What a qualifier stands for: `LATEST` when absent, a version, or the version that an alias points to. */
  form(account: string, name: string, qualifier = latestVersion): Resource<FunctionSpec> {
    const view = this.control.functionView(account, name)
    if (qualifier === latestVersion) return view
    const alias = view.aliases.get(qualifier)
    const version = view.versions.get(alias?.spec.version ?? qualifier)
    if (version === undefined) throw notFound('version or alias', `${name}/${qualifier}`)
    const { deployment, createdAtMs } = version
    return { name, spec: deployment.spec, revision: 1, createdAtMs, updatedAtMs: createdAtMs }
  }

  list(account: string, page: Page): PageOf<FunctionSpec> {
    return pageOf(
      [...this.control.functions.values()].filter(view => view.account === account),
      page,
    )
  }

  /**
   * Deletes the function and its parts. One with triggers is refused (`resource.in-use`) unless the caller insists;
   * the numbers of its versions begin anew should it be made again.
   */
  delete(
    account: string,
    name: string,
    expected?: number,
    { force = false }: { force?: boolean | undefined } = {},
  ): Promise<void> {
    return this.control.exclusive(async () => {
      const { control } = this
      const view = control.functionView(account, name)
      checkRevision('function', name, view.revision, expected)
      if (view.triggers.size > 0 && !force) {
        throw new AppError(
          'resource.in-use',
          `function ${name} has ${view.triggers.size} triggers; delete them first, or force it`,
          retryNever,
          { details: { seen: view.triggers.size } },
        )
      }
      // The function goes first: parts without one are not loaded, a function without its parts would be another.
      await control.host.documents.delete(documentKey('function', account, name))
      control.functions.delete(view.key)
      control.states.delete(view.key)
      control.publish()
      await deleteParts(control, account, name)
    })
  }

  /** Keeps this many instances for the function, which also limits it; 0 shuts it. */
  async reserve(account: string, name: string, instances: number): Promise<void> {
    await this.control.exclusive(() =>
      writeFunctionState(this.control, account, name, state => ({ ...state, reservedInstances: instances })),
    )
  }

  /** Takes the reservation back, if there is one. */
  async unreserve(account: string, name: string): Promise<void> {
    await this.control.exclusive(() =>
      writeFunctionState(this.control, account, name, state => {
        const { reservedInstances: _, ...others } = state
        return others
      }),
    )
  }

  /** Refuses calls of the function from now on; callers are told the reason. */
  async disable(account: string, name: string, reason: string): Promise<void> {
    await this.control.exclusive(() =>
      writeFunctionState(this.control, account, name, state => ({ ...state, disabled: reason })),
    )
  }

  async enable(account: string, name: string): Promise<void> {
    await this.control.exclusive(() =>
      writeFunctionState(this.control, account, name, state => {
        const { disabled: _, ...others } = state
        return others
      }),
    )
  }

  /** The function with all that it has. */
  view(account: string, name: string): FunctionView {
    return this.control.functionView(account, name)
  }
}

async function deleteParts(control: Control, account: string, name: string): Promise<void> {
  const { documents } = control.host
  await documents.delete(documentKey(functionStateKind, account, name))
  for (const kind of [versionKind, ...partKinds.map(({ document }) => document)]) {
    for (;;) {
      const found = await documents.list(`${documentKey(kind, account, name)}/`, { limit: 1_000 })
      for (const { key } of found) await documents.delete(key)
      if (found.length < 1_000) break
    }
  }
}
