import { AppError, retryNever } from '@millrace/spi'
import type { Change, Transaction } from './change-event.ts'
import type { TableName } from './identifier.ts'
import { decodeWalMessage, type Relation, type WalMessage } from './pgoutput.ts'
import type { Position } from './position.ts'
import type { Progress } from './progress.ts'

/** Tables that one connection may tell changes of. */
const relationsMax = 10_000

export interface WalReaderSettings {
  readonly isRead: (table: TableName) => boolean
  /** Whether a change of columns is a change to be told. */
  readonly tellsAlterations: boolean
  readonly progress: Progress
  /** Takes a change that was not handed on before; `bytes` is its size on the wire. */
  readonly push: (change: Change, position: Position, transaction: Transaction, bytes: number) => void
}

/**
 * Makes changes of the messages of one connection. Every change of a transaction has its number there, the ones that are not
 * read included, so that a change has the same place whatever else the options say.
 */
export class WalReader {
  readonly #settings: WalReaderSettings
  readonly #relations = new Map<number, Relation>()
  /** Tables whose columns have changed since the last change was told. */
  readonly #altered = new Set<number>()
  #transaction: (Transaction & { readonly lsn: bigint }) | undefined
  #index = 0

  constructor(settings: WalReaderSettings) {
    this.#settings = settings
    settings.progress.interrupt()
  }

  onData(bytes: Buffer): void {
    const message = decodeWalMessage(bytes)
    const { progress } = this.#settings
    switch (message.kind) {
      case 'begin':
        this.#transaction = {
          id: message.transactionId,
          committedAtMs: message.commitTimeMs,
          lsn: message.commitLsn,
        }
        this.#index = 0
        return progress.begin(message.commitLsn, message.commitTimeMs)
      case 'commit':
        return progress.end(message.endLsn)
      case 'relation':
        return this.#learn(message.relation)
      case 'truncate':
        for (const id of message.relationIds) this.#tell(id, relation => ({ op: 'truncate', relation }), 0)
        return
      case 'insert':
      case 'update':
      case 'delete':
        return this.#tell(message.relationId, relation => changeOf(message, relation), bytes.length)
      default:
    }
  }

  #learn(relation: Relation): void {
    const known = this.#relations.get(relation.id)
    if (known === undefined && this.#relations.size >= relationsMax) {
      throw new AppError(
        'source.rejected',
        `the publication has changes of more than ${relationsMax} tables; name fewer in it`,
        retryNever,
      )
    }
    this.#relations.set(relation.id, relation)
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(relation))
      this.#altered.add(relation.id)
  }

  #tell(relationId: number, change: (relation: Relation) => Change, bytes: number): void {
    const relation = this.#relations.get(relationId)
    const transaction = this.#transaction
    if (relation === undefined || transaction === undefined)
      throw new RangeError('a change without its table or transaction')
    const { isRead, progress, push, tellsAlterations } = this.#settings
    const position = { lsn: transaction.lsn, index: this.#index++ }
    if (!isRead(relation) || !progress.receive(position)) return
    if (this.#altered.delete(relationId) && tellsAlterations) {
      // It has no place of its own, for the next connection does not hear of it again.
      push({ op: 'alter', relation }, { lsn: transaction.lsn, index: position.index - 1 }, transaction, 0)
    }
    push(change(relation), position, transaction, bytes)
  }
}

function changeOf(
  message: Extract<WalMessage, { kind: 'insert' | 'update' | 'delete' }>,
  relation: Relation,
): Change {
  const { kind: op } = message
  if (message.kind === 'insert') return { op, relation, after: message.after }
  if (message.kind === 'delete') return { op, relation, before: message.before }
  const { before, after } = message
  return { op, relation, after, ...(before === undefined ? {} : { before }) }
}
