import { AppError, type Checkpoints, CheckpointWriter, retryNever } from '@millrace/spi'

/** Pulls of one shard that may wait to be committed; more are not begun. */
export const pullsMax = 256

/** One pull whose records are not all done. */
export interface Pull {
  readonly cursor: string
  /** How many groups it brought: as many are asked for when it is repeated, so that it brings the same. */
  readonly groups: number
}

/** What is known of the progress in one shard, as it is stored. */
interface Progress {
  /** Pulls that are not done, the oldest first. */
  readonly pulls: readonly Pull[]
  /** Records of the first of them that are done. */
  readonly done: number
  /** Where to go on behind them. */
  readonly next: string
}

/**
 * How far one shard was read and committed. A cursor says nothing of the groups behind it, and so the ids of records go by the
 * pull that brought them. Pulls are noted durably before their records are handed out, and repeated as they were: a record has
 * one id, whoever reads it.
 */
export class Shard {
  readonly number: number
  readonly #writer: CheckpointWriter
  #pulls: Pull[]
  #done: number
  #next: string
  /** Pulls of an earlier reader that are still to be repeated. */
  #again: Pull[]
  /** Records of pulls that were read by this reader, for those that are not done. */
  readonly #counts = new Map<Pull, number>()

  private constructor(number: number, { pulls, done, next }: Progress, writer: CheckpointWriter) {
    this.number = number
    this.#writer = writer
    this.#pulls = [...pulls]
    this.#again = [...pulls]
    this.#done = done
    this.#next = next
  }

  /** Takes up what is stored of a shard; `undefined` when nothing is. */
  static async load(number: number, checkpoints: Checkpoints): Promise<Shard | undefined> {
    const name = checkpointName(number)
    const text = await checkpoints.load(name)
    if (text === undefined) return undefined
    return new Shard(number, progressOf(text, name), new CheckpointWriter(checkpoints, name))
  }

  /** Begins at a cursor, durably. */
  static async begin(number: number, checkpoints: Checkpoints, cursor: string): Promise<Shard> {
    const writer = new CheckpointWriter(checkpoints, checkpointName(number))
    const shard = new Shard(number, { pulls: [], done: 0, next: cursor }, writer)
    await shard.#save()
    return shard
  }

  /** What to ask for: an earlier pull again, or new groups; `undefined` while too many pulls wait to be committed. */
  nextPull(groupsMax: number): Pull | undefined {
    const [again] = this.#again
    if (again !== undefined) return again
    return this.#pulls.length < pullsMax ? { cursor: this.#next, groups: groupsMax } : undefined
  }

  /**
   * Notes what a pull brought; resolves with the pull that its records belong to, and with how many of them are done already.
   * A pull that brought nothing moves on only.
   */
  async pulled(
    asked: Pull,
    { groups, records, next }: { readonly groups: number; readonly records: number; readonly next: string },
  ): Promise<{ readonly pull: Pull; readonly done: number }> {
    if (this.#again[0] === asked) {
      this.#again.shift()
      const done = this.#pulls[0] === asked ? this.#done : 0
      this.#counts.set(asked, records)
      // What was removed meanwhile does not come again.
      if (done >= records) await this.#drop(asked)
      return { pull: asked, done }
    }
    this.#next = next
    const pull = { cursor: asked.cursor, groups }
    if (records > 0) {
      this.#pulls.push(pull)
      this.#counts.set(pull, records)
      await this.#save()
    }
    return { pull, done: 0 }
  }

  /** The records of a pull up to this one are done, and all of earlier pulls; resolves when that is durable. */
  async commit(pull: Pull, index: number): Promise<void> {
    const place = this.#pulls.indexOf(pull)
    if (place < 0) return
    for (const done of this.#pulls.splice(0, place)) this.#counts.delete(done)
    this.#done = place === 0 ? Math.max(this.#done, index + 1) : index + 1
    if (this.#done >= (this.#counts.get(pull) ?? Number.POSITIVE_INFINITY)) await this.#drop(pull)
    else await this.#save()
  }

  /** Resolves when nothing is being written any more. */
  idle(): Promise<void> {
    return this.#writer.idle()
  }

  async #drop(pull: Pull): Promise<void> {
    this.#pulls = this.#pulls.filter(other => other !== pull)
    this.#counts.delete(pull)
    this.#done = 0
    await this.#save()
  }

  #save(): Promise<void> {
    const progress: Progress = { pulls: this.#pulls, done: this.#done, next: this.#next }
    return this.#writer.save(JSON.stringify(progress))
  }
}

function checkpointName(shard: number): string {
  return `shard-${shard}`
}

function progressOf(text: string, name: string): Progress {
  try {
    const { pulls, done, next } = JSON.parse(text) as Progress
    if (Array.isArray(pulls) && Number.isInteger(done) && typeof next === 'string')
      return { pulls, done, next }
  } catch {
    // Told below, whatever is wrong with it.
  }
  throw new AppError(
    'source.failed',
    `the checkpoint ${name} of the stream is none of this connector's`,
    retryNever,
  )
}
