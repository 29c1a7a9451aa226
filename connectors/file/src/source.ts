import {
  assert,
  CheckpointWriter,
  type Source,
  type SourceContext,
  type SourceLag,
  type SourceReadLimits,
  type SourceRecord,
  sleep,
} from '@millrace/spi'
import { sourceClosed, sourceError } from './errors.ts'
import { type Mark, markName, parseMark } from './mark.ts'
import type { FileSourceOptions } from './options.ts'
import { recordOf } from './record.ts'
import { Tail } from './tail.ts'

/** A path that is followed, and how far it has been read and committed. */
interface Followed {
  readonly tail: Tail
  readonly writer: CheckpointWriter
  /** Records that were read, and how many of them are committed. */
  read: number
  committed: number
  /** Where to go on behind the last of these. */
  mark: Mark | undefined
}

/** Where a record was read: its number among those of its path, and where to go on behind it. */
interface Place {
  readonly followed: Followed
  readonly number: number
  readonly mark: Mark
}

/** Follows files. How far it has come is kept by its host. */
export class FileSource implements Source {
  readonly #options: FileSourceOptions
  readonly #context: SourceContext
  readonly #places = new WeakMap<SourceRecord, Place>()
  /** Aborts when the source is disposed: it ends a read that waits. */
  readonly #closed = new AbortController()
  /** By the paths of the options; those that were opened so far. */
  readonly #followed = new Map<string, Followed>()
  /** Who reads files does it alone: a read, a look at the lag, the end. */
  #turn: Promise<unknown> = Promise.resolve()
  /** The path that the next read begins with, so that none is starved. */
  #firstPath = 0

  constructor(options: FileSourceOptions, context: SourceContext) {
    this.#options = options
    this.#context = context
  }

  async read(limits: SourceReadLimits, signal: AbortSignal): Promise<SourceRecord[]> {
    const stop = AbortSignal.any([signal, this.#closed.signal])
    try {
      for (;;) {
        stop.throwIfAborted()
        const records = await this.#alone(() => this.#collect(limits))
        if (records.length > 0) return records
        await sleep(this.#context.clock, this.#options.pollMs, stop)
      }
    } catch (thrown) {
      if (this.#closed.signal.aborted) throw sourceClosed()
      throw thrown
    }
  }

  async commit(records: readonly SourceRecord[]): Promise<void> {
    const changed = new Set<Followed>()
    for (const record of records) {
      const place = this.#places.get(record)
      assert(place !== undefined, 'a record is committed where it was read')
      const { followed, number, mark } = place
      changed.add(followed)
      if (number <= followed.committed) continue
      followed.committed = number
      followed.mark = mark
    }
    await Promise.all([...changed].map(({ writer, mark }) => writer.save(JSON.stringify(mark))))
  }

  lag(): Promise<SourceLag> {
    return this.#alone(async () => {
      if (this.#closed.signal.aborted) throw sourceClosed()
      let records = 0
      for (const path of this.#options.paths) {
        const followed = await this.#follow(path)
        records += followed.read - followed.committed + (await guarded(path, () => followed.tail.waiting()))
      }
      return { records }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort()
    await this.#alone(async () => {
      for (const { tail, writer } of this.#followed.values()) {
        await writer.idle()
        await tail.close()
      }
    })
  }

  /** What is there now. A path that cannot be read holds up no other, and is told when none has anything. */
  async #collect({ recordsMax, bytesMax }: SourceReadLimits): Promise<SourceRecord[]> {
    const { paths } = this.#options
    const records: SourceRecord[] = []
    let room = bytesMax
    let failure: unknown
    for (let turn = 0; turn < paths.length && room > 0 && !this.#closed.signal.aborted; turn++) {
      const path = paths[(this.#firstPath + turn) % paths.length] ?? ''
      try {
        room = await guarded(path, async () => await this.#drain(path, records, recordsMax, room))
      } catch (thrown) {
        failure ??= thrown
      }
    }
    this.#firstPath = (this.#firstPath + 1) % paths.length
    if (records.length === 0 && failure !== undefined) throw failure
    return records
  }

  /** Adds the records of one path; resolves with the room that is left. */
  async #drain(path: string, records: SourceRecord[], recordsMax: number, bytesMax: number): Promise<number> {
    const followed = await this.#follow(path)
    const { tail, writer } = followed
    const { form, lineBytesMax } = this.#options
    let room = bytesMax
    while (records.length < recordsMax) {
      const line = await tail.peek()
      if (tail.begun !== undefined) {
        await writer.save(JSON.stringify(tail.begun))
        tail.begun = undefined
      }
      if (line === undefined) return room
      const record = recordOf(line, { path, form, lineBytesMax, nowMs: this.#context.clock.nowMs() })
      room -= record.event.length
      if (room < 0 && records.length > 0) return 0
      tail.shift()
      this.#places.set(record, { followed, number: ++followed.read, mark: line.mark })
      records.push(record)
    }
    return 0
  }

  async #follow(path: string): Promise<Followed> {
    const known = this.#followed.get(path)
    if (known !== undefined) return known
    const { checkpoints, fileRoots, log } = this.#context
    const { lineBytesMax, start } = this.#options
    const name = markName(path)
    const mark = parseMark(await checkpoints.load(name))
    const tail = new Tail(path, mark, { roots: fileRoots, lineBytesMax, fromEnd: start === 'latest', log })
    const writer = new CheckpointWriter(checkpoints, name)
    const followed: Followed = { tail, writer, read: 0, committed: 0, mark }
    this.#followed.set(path, followed)
    return followed
  }

  #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(work)
    this.#turn = result.catch(() => {})
    return result
  }
}

async function guarded<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (thrown) {
    throw sourceError(thrown, path)
  }
}
