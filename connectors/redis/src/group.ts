import type { PluginLog } from '@millrace/spi'
import type { Entry } from './entry-event.ts'
import { replyWord } from './errors.ts'
import type { Reply, Session } from './session.ts'

/** An entry, with the stream it is of. */
export interface FoundEntry extends Entry {
  readonly stream: string
}

/** What somebody leaves who ends in good order waits under this name, and has waited long enough for everybody. */
const returned = 'millrace-returned'
const returnedIdleMs = 86_400_000
/** Entries that one request names at most. */
const pageMax = 1_000
const firstId = '0-0'

/** One reader of a consumer group, over several streams: the requests, and what their answers mean. */
export class GroupReader {
  readonly #streams: readonly string[]
  readonly #group: string
  readonly #consumer: string
  readonly #log: PluginLog

  constructor(settings: {
    readonly streams: readonly string[]
    readonly group: string
    readonly consumer: string
    readonly log: PluginLog
  }) {
    this.#streams = settings.streams
    this.#group = settings.group
    this.#consumer = settings.consumer
    this.#log = settings.log
  }

  /** Makes the group where it is not there; with `makeStreams`, the streams too. */
  async make(session: Session, start: string, makeStreams: boolean): Promise<void> {
    for (const stream of this.#streams) {
      const words = ['XGROUP', 'CREATE', stream, this.#group, start, ...(makeStreams ? ['MKSTREAM'] : [])]
      try {
        await session.send(words, { expected: 'BUSYGROUP', about: `stream ${stream}` })
      } catch (thrown) {
        if (replyWord(thrown) !== 'BUSYGROUP') throw thrown
      }
    }
  }

  /** New entries, at most so many of each stream, waiting for the first one; none when the wait was in vain. */
  async next(session: Session, countMax: number, blockMs: number): Promise<FoundEntry[]> {
    const ids = this.#streams.map(() => '>')
    const words = [...this.#readWords(countMax), 'BLOCK', `${blockMs}`, 'STREAMS', ...this.#streams, ...ids]
    const reply = await session.send(words, { waitsMs: blockMs, about: this.#about })
    return await this.#entriesByStream(session, reply)
  }

  /** Entries that were given to this reader and not acknowledged, after an id of one stream; with the id to go on after. */
  async history(
    session: Session,
    stream: string,
    after: string,
    countMax: number,
  ): Promise<{ readonly entries: FoundEntry[]; readonly last: string | undefined }> {
    const words = [...this.#readWords(countMax), 'STREAMS', stream, after]
    const reply = await session.send(words, { about: this.#about })
    const found = list(list(list(reply)[0])[1])
    const last = found.at(-1)
    return {
      entries: await this.#entries(session, stream, found),
      last: last === undefined ? undefined : text(list(last)[0]),
    }
  }

  /** Takes over entries of one stream that are idle for so long, looking from a cursor on; with the cursor to go on from. */
  async takeOver(
    session: Session,
    stream: string,
    { idleMs, cursor, countMax }: { idleMs: number; cursor: string; countMax: number },
  ): Promise<{ readonly entries: FoundEntry[]; readonly cursor: string | undefined }> {
    const words = ['XAUTOCLAIM', stream, this.#group, this.#consumer, `${idleMs}`, cursor]
    const reply = list(await session.send([...words, 'COUNT', `${countMax}`], { about: this.#about }))
    const next = text(reply[0])
    const entries = await this.#entries(session, stream, list(reply[1]))
    // Since version 7 those that are no longer there are told apart, and are taken off the list by the server.
    this.#tellGone(stream, list(reply[2] ?? []).length)
    return { entries, cursor: next === firstId ? undefined : next }
  }

  /** Tells the group that entries are done. */
  async acknowledge(session: Session, stream: string, ids: readonly string[]): Promise<void> {
    const pages: Promise<Reply>[] = []
    for (let i = 0; i < ids.length; i += pageMax) {
      const page = ids.slice(i, i + pageMax)
      pages.push(session.send(['XACK', stream, this.#group, ...page], { about: this.#about }))
    }
    await Promise.all(pages)
  }

  /**
   * Lets the idle time of what this reader holds begin anew, so that nobody takes it over. What it was given and has never seen,
   * because a connection broke, is left to become idle.
   */
  async keep(session: Session, isHeld: (stream: string, id: string) => boolean): Promise<void> {
    for (const stream of this.#streams) {
      await this.#claimOwn(session, stream, this.#consumer, '0', id => isHeld(stream, id))
    }
  }

  /** Lets go of all that this reader holds: whoever looks for idle entries next takes it. `isNamed`: under its own name. */
  async giveBack(session: Session, isNamed: boolean): Promise<void> {
    const heir = isNamed ? this.#consumer : returned
    for (const stream of this.#streams) {
      await this.#claimOwn(session, stream, heir, `${returnedIdleMs}`, () => true)
    }
  }

  /**
   * Takes the consumer's name off the group, where nothing is left under it. Entries that were given to it afterwards would go
   * with it: only for a reader none of whose requests can still be open at the server.
   */
  async leave(session: Session): Promise<void> {
    for (const stream of this.#streams) {
      if ((await this.#own(session, stream, '-')).length > 0) continue
      await session.send(['XGROUP', 'DELCONSUMER', stream, this.#group, this.#consumer])
    }
  }

  /** Entries that wait and those that are held, of all readers; undefined where the server cannot tell. */
  async lag(session: Session): Promise<number | undefined> {
    let records = 0
    for (const stream of this.#streams) {
      const groups = list(await session.send(['XINFO', 'GROUPS', stream], { about: `stream ${stream}` }))
      const facts = groups.map(factsOf).find(({ name }) => text(name) === this.#group)
      // A group that nobody has made yet is behind by nothing that anybody could count.
      const { lag, pending } = facts ?? {}
      if (typeof lag !== 'number' || typeof pending !== 'number') return undefined
      records += lag + pending
    }
    return records
  }

  /** Claims what is this reader's, page after page. What somebody else has taken over meanwhile stays theirs. */
  async #claimOwn(
    session: Session,
    stream: string,
    heir: string,
    idleMs: string,
    isMeant: (id: string) => boolean,
  ): Promise<void> {
    for (let from = '-'; ; ) {
      const page = await this.#own(session, stream, from)
      const ids = page.filter(isMeant)
      if (ids.length > 0) {
        const words = ['XCLAIM', stream, this.#group, heir, '0', ...ids, 'IDLE', idleMs, 'JUSTID']
        await session.send(words, { about: this.#about })
      }
      const last = page.at(-1)
      if (last === undefined || page.length < pageMax) return
      from = `(${last}`
    }
  }

  async #own(session: Session, stream: string, from: string): Promise<string[]> {
    const words = ['XPENDING', stream, this.#group, from, '+', `${pageMax}`, this.#consumer]
    return list(await session.send(words, { about: this.#about })).map(one => text(list(one)[0]))
  }

  get #about(): string {
    return `group ${this.#group} of ${this.#streams.join(', ').slice(0, 200)}`
  }

  #readWords(countMax: number): string[] {
    return ['XREADGROUP', 'GROUP', this.#group, this.#consumer, 'COUNT', `${countMax}`]
  }

  async #entriesByStream(session: Session, reply: Reply): Promise<FoundEntry[]> {
    const found: FoundEntry[] = []
    for (const one of list(reply ?? [])) {
      const [stream, entries] = list(one)
      found.push(...(await this.#entries(session, text(stream), list(entries))))
    }
    return found
  }

  /** Entries that were deleted or trimmed are left without fields; nobody can do more with them than let them go. */
  async #entries(session: Session, stream: string, replies: readonly Reply[]): Promise<FoundEntry[]> {
    const found: FoundEntry[] = []
    const gone: string[] = []
    for (const reply of replies) {
      // Before version 7, what was taken over and is not there has not even an id.
      if (reply === null) continue
      const [id, fields] = list(reply)
      if (fields === null || fields === undefined) gone.push(text(id))
      else found.push({ stream, id: text(id), fields: list(fields) as readonly Buffer[] })
    }
    if (gone.length > 0) await this.acknowledge(session, stream, gone)
    this.#tellGone(stream, gone.length)
    return found
  }

  #tellGone(stream: string, entries: number): void {
    if (entries === 0) return
    this.#log.warn('entries of a redis stream were deleted or trimmed before they were done with', {
      stream,
      entries,
    })
  }
}

function factsOf(reply: Reply): Readonly<Record<string, Reply>> {
  const words = list(reply)
  const facts: Record<string, Reply> = {}
  for (let i = 0; i + 1 < words.length; i += 2) facts[text(words[i])] = words[i + 1] ?? null
  return facts
}

function list(reply: Reply | undefined): readonly Reply[] {
  return Array.isArray(reply) ? (reply as readonly Reply[]) : []
}

function text(reply: Reply | undefined): string {
  return Buffer.isBuffer(reply) ? reply.toString() : String(reply)
}
