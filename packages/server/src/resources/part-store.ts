import { isDeepStrictEqual } from 'node:util'
import { type Page, type PageOf, type PutResult, pageOf, type Resource } from './collection.ts'
import { type Control, checkCount, checkRevision } from './control.ts'
import { notFound } from './errors.ts'
import type { PartKind } from './part-kinds.ts'
import { documentKey } from './records.ts'
import { sealRecord } from './secrets.ts'
import type { PartView } from './snapshot.ts'

/** What is stored of a part of a function. */
export type PartRecord<Spec> = Omit<PartView<Spec>, 'name'>

/** Parts of one kind (aliases, triggers, settings) of all functions. */
export class PartStore<Spec> {
  private readonly control: Control
  private readonly kind: PartKind<Spec>

  constructor(control: Control, kind: PartKind<Spec>) {
    this.control = control
    this.kind = kind
  }

  /**
   * Creates or replaces. Refuses what could never work, `resource.not-found` without the function, `resource.conflict`
   * when another revision is there than the expected one. Writing what is there already changes nothing, even when
   * what it names has gone since.
   */
  put(
    account: string,
    functionName: string,
    name: string,
    spec: unknown,
    expected?: number,
  ): Promise<PutResult> {
    return this.control.exclusive(async () => {
      const { kind, control } = this
      kind.checkName(name)
      const view = control.functionView(account, functionName)
      const complete = await kind.complete(control.host, account, kind.parse(spec), functionName)
      const parts = kind.of(view)
      const before = parts.get(name)
      checkRevision(kind.title, name, before?.revision ?? 0, expected)
      if (before !== undefined && isDeepStrictEqual(before.spec, complete)) {
        return { created: false, revision: before.revision }
      }
      kind.check(view, name, complete)
      if (before === undefined) {
        checkCount(`parts of this kind (${kind.title})`, parts.size, kind.countMax(control.limits))
      }
      const updatedAtMs = control.host.clock.nowMs()
      const record: PartRecord<Spec> = {
        spec: complete,
        revision: (before?.revision ?? 0) + 1,
        createdAtMs: before?.createdAtMs ?? updatedAtMs,
        updatedAtMs,
      }
      const key = documentKey(kind.document, account, functionName, name)
      await control.host.documents.put(
        key,
        sealRecord(record as PartRecord<Spec> & { spec: object }, control.host.secrets),
      )
      control.setFunction(kind.with(view, new Map(parts).set(name, { name, ...record })))
      return { created: before === undefined, revision: record.revision }
    })
  }

  get(account: string, functionName: string, name: string): Resource<Spec> {
    const part = this.kind.of(this.control.functionView(account, functionName)).get(name)
    if (part === undefined) throw notFound(this.kind.title, `${functionName}/${name}`)
    return part
  }

  list(account: string, functionName: string, page: Page): PageOf<Spec> {
    return pageOf(this.kind.of(this.control.functionView(account, functionName)).values(), page)
  }

  delete(account: string, functionName: string, name: string, expected?: number): Promise<void> {
    return this.control.exclusive(async () => {
      const { kind, control } = this
      const { revision } = this.get(account, functionName, name)
      checkRevision(kind.title, name, revision, expected)
      await control.host.documents.delete(documentKey(kind.document, account, functionName, name))
      const view = control.functionView(account, functionName)
      const parts = new Map(kind.of(view))
      parts.delete(name)
      control.setFunction(kind.with(view, parts))
    })
  }
}
