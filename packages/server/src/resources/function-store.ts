import { isDeepStrictEqual } from 'node:util'
import { type Page, type PageOf, type PutResult, pageOf, type Resource } from './collection.ts'
import { type Control, checkCount, checkRevision } from './control.ts'
import { notFound } from './errors.ts'
import { FunctionSpec } from './function.ts'
import { type FunctionRecord, functionView, withDeployment } from './function-view.ts'
import { busKey } from './names.ts'
import { documentKey } from './records.ts'
import { checkName, specParser } from './spec.ts'

const parseFunction = specParser('function', FunctionSpec)

/** The functions of all accounts: their settings; the code lies apart. */
export class FunctionStore {
  private readonly control: Control

  constructor(control: Control) {
    this.control = control
  }

  put(account: string, name: string, spec: unknown, expected?: number): Promise<PutResult> {
    return this.control.exclusive(async () => {
      checkName('function', name)
      const parsed = parseFunction(spec)
      await this.control.host.checkFunction(account, parsed)
      const key = busKey(account, name)
      const before = this.control.functions.get(key)
      checkRevision('function', name, before?.revision ?? 0, expected)
      if (before !== undefined && isDeepStrictEqual(before.spec, parsed))
        return { created: false, revision: before.revision }
      if (before === undefined)
        checkCount('functions', this.control.functions.size, this.control.limits.functionsMax)
      const nowMs = this.control.host.clock.nowMs()
      const revision = (before?.revision ?? 0) + 1
      const createdAtMs = before?.createdAtMs ?? nowMs
      const record: FunctionRecord = { spec: parsed, revision, createdAtMs, updatedAtMs: nowMs }
      await this.control.host.documents.put(documentKey('function', account, name), record)
      const view = before === undefined ? functionView(account, name, record) : withDeployment(before, record)
      this.control.functions.set(key, view)
      this.control.publish()
      return { created: before === undefined, revision }
    })
  }

  get(account: string, name: string): Resource<FunctionSpec> {
    const view = this.control.functions.get(busKey(account, name))
    if (view === undefined) throw notFound('function', name)
    return view
  }

  list(account: string, page: Page): PageOf<FunctionSpec> {
    return pageOf(
      [...this.control.functions.values()].filter(view => view.account === account),
      page,
    )
  }

  delete(account: string, name: string, expected?: number): Promise<void> {
    return this.control.exclusive(async () => {
      const view = this.get(account, name)
      checkRevision('function', name, view.revision, expected)
      await this.control.host.documents.delete(documentKey('function', account, name))
      this.control.functions.delete(busKey(account, name))
      this.control.publish()
    })
  }
}
