import { AppError, retryNever } from '@millrace/spi'
import { type Control, checkCount } from './control.ts'
import { notFound } from './errors.ts'
import type { AccessKeyChange, AccessKeyView } from './identity.ts'
import { busKey } from './names.ts'
import { documentKey, loadRecords } from './records.ts'

/** First word of the keys of these documents. */
const accessKeyKind = 'access-key'

/** What is stored of one. */
type AccessKeyRecord = Omit<AccessKeyView, 'id' | 'account'>

/** A key as it was made elsewhere; its secret is never given back. */
export interface NewAccessKey {
  readonly id: string
  readonly secret: string
  readonly description: string
}

/** The keys of users, of all accounts; an id is the only one of its kind. */
export class AccessKeyStore {
  readonly #control: Control

  constructor(control: Control) {
    this.#control = control
  }

  /** Durable and in force when it resolves. Throws `resource.not-found`, `resource.conflict` and `resource.limit-exceeded`. */
  create(account: string, user: string, { id, secret, description }: NewAccessKey): Promise<AccessKeyView> {
    const control = this.#control
    return control.exclusive(async () => {
      if (!control.users.has(busKey(account, user))) throw notFound('user', user)
      if (control.accessKeys.has(id)) {
        throw new AppError('resource.conflict', `there is a key ${id} already`, retryNever)
      }
      checkCount(`keys of the user ${user}`, this.list(account, user).length, control.limits.keysPerUserMax)
      const createdAtMs = control.host.clock.nowMs()
      return await this.#write({
        id,
        account,
        user,
        description,
        disabled: false,
        sealedSecret: control.host.secrets.seal(secret),
        createdAtMs,
        updatedAtMs: createdAtMs,
      })
    })
  }

  /** Of one user, the oldest first. */
  list(account: string, user: string): readonly AccessKeyView[] {
    return [...this.#control.accessKeys.values()]
      .filter(key => key.account === account && key.user === user)
      .toSorted((left, right) => left.createdAtMs - right.createdAtMs || (left.id < right.id ? -1 : 1))
  }

  /** Throws `resource.not-found`, also for a key of another user or account. */
  get(account: string, user: string, id: string): AccessKeyView {
    const key = this.#control.accessKeys.get(id)
    if (key?.account !== account || key.user !== user) throw notFound('key', id)
    return key
  }

  change(account: string, user: string, id: string, change: AccessKeyChange): Promise<AccessKeyView> {
    const control = this.#control
    return control.exclusive(async () => {
      const before = this.get(account, user, id)
      return await this.#write({ ...before, ...change, updatedAtMs: control.host.clock.nowMs() })
    })
  }

  delete(account: string, user: string, id: string): Promise<void> {
    const control = this.#control
    return control.exclusive(async () => {
      this.get(account, user, id)
      await control.host.documents.delete(documentKey(accessKeyKind, account, id))
      control.accessKeys.delete(id)
      control.publish()
    })
  }

  async #write(view: AccessKeyView): Promise<AccessKeyView> {
    const { id, account, ...record } = view
    const stored: AccessKeyRecord = record
    await this.#control.host.documents.put(documentKey(accessKeyKind, account, id), stored)
    this.#control.accessKeys.set(id, view)
    this.#control.publish()
    return view
  }
}

/** Loads the keys of all accounts. */
export async function loadAccessKeys(control: Control): Promise<void> {
  for await (const { account, name, value } of loadRecords<AccessKeyRecord>(
    control.host.documents,
    accessKeyKind,
  )) {
    control.accessKeys.set(name, { ...value, id: name, account })
  }
}
