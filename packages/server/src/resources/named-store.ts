import { isDeepStrictEqual } from 'node:util'
import type { Page, PageOf, PutResult, Resource } from './collection.ts'
import { pageOf } from './collection.ts'
import { type Control, checkRevision, countOf, type ResourcesHost } from './control.ts'
import { notFound } from './errors.ts'
import { busKey } from './names.ts'
import type { QuotaFace, QuotaName } from './quota.ts'
import { documentKey, loadRecords } from './records.ts'
import { refuseSealedCopies } from './sealed-copies.ts'
import { openRecord, sealRecord } from './secrets.ts'
import type { NamedView } from './snapshot.ts'
import { checkName } from './spec.ts'

/** What tells one kind of an account's named resources from another; all else is the same for them. */
export interface NamedKind<Spec extends object> {
  /** As messages call it; the first word of the keys of its documents, too. */
  readonly title: string
  of(control: Control): Map<string, NamedView<Spec>>
  /** How many of them an account may have; `undefined` where their names are few. */
  readonly quota: QuotaName | undefined
  /** Fills the defaults; refuses what the schema does not allow. */
  parse(value: unknown): Spec
  /** Completes what the schema cannot and refuses what could never work. */
  complete(
    host: ResourcesHost,
    account: string,
    spec: Spec,
    control: Control,
    before: NamedView<Spec> | undefined,
  ): Promise<Spec>
  /** Refuses names that are taken otherwise. */
  checkName?(host: ResourcesHost, name: string): void
  /** Throws `resource.in-use` when others depend on it. */
  checkUnused(control: Control, view: NamedView<Spec>): void
  /** Removes what is kept of one elsewhere: after it was deleted, and before a new one is made, for a crash may have left it. */
  empty?(host: ResourcesHost, key: string): Promise<void>
}

/** Some of the resources of a kind that have a quota of their own besides. */
export interface NamedPart<Spec> {
  readonly quota: QuotaName
  has(this: void, view: NamedView<Spec>): boolean
}

/** The resources of one kind, by account and name. */
export class NamedStore<Spec extends object> {
  readonly #control: Control
  readonly #kind: NamedKind<Spec>

  constructor(control: Control, kind: NamedKind<Spec>) {
    this.#control = control
    this.#kind = kind
  }

  /**
   * Creates or replaces; durable and in force when it resolves. An equal spec changes nothing. Sealed secrets may be those that
   * the resource has, and of `secretsOf`: of another one, which the caller may use.
   */
  put(
    account: string,
    name: string,
    spec: unknown,
    expected?: number,
    face?: QuotaFace,
    part?: NamedPart<Spec>,
    secretsOf?: Resource<Spec>,
  ): Promise<PutResult> {
    const kind = this.#kind
    const control = this.#control
    return control.exclusive(async () => {
      checkName(kind.title, name)
      kind.checkName?.(control.host, name)
      const all = kind.of(control)
      const key = busKey(account, name)
      const before = all.get(key)
      refuseSealedCopies(spec, [before?.spec, secretsOf?.spec])
      const complete = await kind.complete(control.host, account, kind.parse(spec), control, before)
      checkRevision(kind.title, name, before?.revision ?? 0, expected)
      if (before !== undefined && isDeepStrictEqual(before.spec, complete)) {
        return { created: false, revision: before.revision }
      }
      if (before === undefined) {
        this.#checkRoom(account, face, part)
        await kind.empty?.(control.host, key)
      }
      const updatedAtMs = control.host.clock.nowMs()
      const record: NamedRecord<Spec> = {
        spec: complete,
        revision: (before?.revision ?? 0) + 1,
        createdAtMs: before?.createdAtMs ?? updatedAtMs,
        updatedAtMs,
      }
      const stored = sealRecord(record, control.host.secrets)
      await control.host.documents.put(documentKey(kind.title, account, name), stored)
      all.set(key, { account, name, key, ...record })
      control.publish()
      return { created: before === undefined, revision: record.revision }
    })
  }

  get(account: string, name: string): Resource<Spec> {
    return this.#view(account, name)
  }

  list(account: string, page: Page): PageOf<Spec> {
    return pageOf(this.all(account), page)
  }

  /** All that an account has, in no order; as many as the limit of the kind allows. */
  all(account: string): readonly Resource<Spec>[] {
    return [...this.#kind.of(this.#control).values()].filter(view => view.account === account)
  }

  delete(account: string, name: string, expected?: number): Promise<void> {
    const kind = this.#kind
    const control = this.#control
    return control.exclusive(async () => {
      const view = this.#view(account, name)
      checkRevision(kind.title, name, view.revision, expected)
      kind.checkUnused(control, view)
      await control.host.documents.delete(documentKey(kind.title, account, name))
      kind.of(control).delete(view.key)
      control.publish()
      await kind.empty?.(control.host, view.key)
    })
  }

  #checkRoom(account: string, face: QuotaFace | undefined, part: NamedPart<Spec> | undefined): void {
    const { quota } = this.#kind
    const all = this.#kind.of(this.#control)
    if (quota !== undefined) this.#control.checkRoom(quota, account, all, face)
    if (part === undefined) return
    const seen = countOf(account, [...all.values()].filter(part.has))
    this.#control.checkQuota(part.quota, account, seen, face)
  }

  #view(account: string, name: string): NamedView<Spec> {
    const view = this.#kind.of(this.#control).get(busKey(account, name))
    if (view === undefined) throw notFound(this.#kind.title, name)
    return view
  }
}

/** What is stored of one. */
type NamedRecord<Spec> = Omit<NamedView<Spec>, 'account' | 'name' | 'key'>

/** Loads the resources of one kind, of all accounts. */
export async function loadNamed<Spec extends object>(control: Control, kind: NamedKind<Spec>): Promise<void> {
  const { documents, secrets } = control.host
  for await (const { account, name, value } of loadRecords<NamedRecord<Spec>>(documents, kind.title)) {
    const key = busKey(account, name)
    kind.of(control).set(key, { account, name, key, ...openRecord(value, secrets) })
  }
}
