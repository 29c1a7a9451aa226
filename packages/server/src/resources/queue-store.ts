import { isDeepStrictEqual } from 'node:util'
import { AppError, retryNever } from '@millrace/spi'
import { type Page, type PageOf, type PutResult, pageOf, type Resource } from './collection.ts'
import { type Control, checkRevision } from './control.ts'
import { notFound } from './errors.ts'
import { busKey } from './names.ts'
import { QueueSpec } from './queue.ts'
import type { QuotaFace } from './quota.ts'
import { documentKey } from './records.ts'
import { sealRecord } from './secrets.ts'
import type { QueueView } from './snapshot.ts'
import { checkName, specParser } from './spec.ts'

const parseQueue = specParser('queue', QueueSpec)

export const queueKind = 'queue'

/** What is stored of a queue. */
export type QueueRecord = Omit<QueueView, 'account' | 'name' | 'key'>

/** The queues of all accounts. */
export class QueueStore {
  private readonly control: Control

  constructor(control: Control) {
    this.control = control
  }

  /** Creates or replaces; a new queue is empty. Refuses a dead letter that is not there, or the queue itself. */
  put(account: string, name: string, spec: unknown, expected?: number, face?: QuotaFace): Promise<PutResult> {
    return this.control.exclusive(async () => {
      const { control } = this
      checkName('queue', name)
      const parsed = parseQueue(spec)
      this.checkDeadLetter(account, name, parsed)
      const key = busKey(account, name)
      const before = control.queues.get(key)
      checkRevision('queue', name, before?.revision ?? 0, expected)
      if (before !== undefined && isDeepStrictEqual(before.spec, parsed)) {
        return { created: false, revision: before.revision }
      }
      if (before === undefined) {
        control.checkRoom('queues', account, control.queues, face)
        // What a crash has left of one that was deleted.
        await control.host.messaging?.emptyQueue(key)
      }
      const updatedAtMs = control.host.clock.nowMs()
      const record: QueueRecord = {
        spec: parsed,
        revision: (before?.revision ?? 0) + 1,
        createdAtMs: before?.createdAtMs ?? updatedAtMs,
        updatedAtMs,
      }
      const stored = sealRecord(record, control.host.secrets)
      await control.host.documents.put(documentKey(queueKind, account, name), stored)
      control.queues.set(key, { account, name, key, ...record })
      control.publish()
      return { created: before === undefined, revision: record.revision }
    })
  }

  get(account: string, name: string): Resource<QueueSpec> {
    const queue = this.control.queues.get(busKey(account, name))
    if (queue === undefined) throw notFound('queue', name)
    return queue
  }

  list(account: string, page: Page): PageOf<QueueSpec> {
    return pageOf(
      [...this.control.queues.values()].filter(queue => queue.account === account),
      page,
    )
  }

  /** Deletes a queue and its messages. What names it as a target fails from then on, and is tried again as its rule says. */
  delete(account: string, name: string, expected?: number): Promise<void> {
    return this.control.exclusive(async () => {
      const { revision } = this.get(account, name)
      checkRevision('queue', name, revision, expected)
      const key = busKey(account, name)
      await this.control.host.documents.delete(documentKey(queueKind, account, name))
      this.control.queues.delete(key)
      this.control.publish()
      await this.control.host.messaging?.emptyQueue(key)
    })
  }

  private checkDeadLetter(account: string, name: string, { deadLetter }: QueueSpec): void {
    if (deadLetter === undefined) return
    if (deadLetter.queue === name) {
      throw new AppError('rule.sink-invalid', `queue ${name} cannot be its own dead letter`, retryNever)
    }
    if (this.control.queues.has(busKey(account, deadLetter.queue))) return
    throw new AppError('rule.sink-invalid', `there is no queue ${deadLetter.queue}`, retryNever, {
      details: { kind: 'queue', name: deadLetter.queue },
    })
  }
}
