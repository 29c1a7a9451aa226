import { AppError, type Checkpoints, type Documents, type PluginLog, retryNever } from '@millrace/spi'
import type { Snapshots, StreamView } from '../resources/index.ts'

/** Longest name of a checkpoint as UTF-8, in bytes. */
export const checkpointNameBytesMax = 200
/** Longest text of a checkpoint as UTF-8, in bytes. */
export const checkpointBytesMax = 65_536
/** Checkpoints of one stream. */
export const checkpointsMax = 1_000

/** First word of the keys of their documents. */
const kind = 'checkpoint'

interface StoredCheckpoint {
  readonly text: string
  /** When the stream was made that it belongs to: one that is made anew under an old name begins anew. */
  readonly streamCreatedAtMs: number
}

/**
 * Where sources keep how far they have come, for systems that do not keep it themselves: one document for each checkpoint,
 * `checkpoint/{account}/{stream}/{name}`. Those of streams that are gone are removed.
 */
export class CheckpointStore implements Disposable {
  readonly #documents: Documents
  readonly #log: PluginLog
  #subscription: Disposable | undefined

  constructor(documents: Documents, log: PluginLog) {
    this.#documents = documents
    this.#log = log
  }

  /** Removes what streams that are gone have left, and does so from now on whenever one goes. */
  async start(snapshots: Snapshots): Promise<void> {
    this.#subscription ??= snapshots.subscribe((next, previous) => {
      for (const [key, stream] of previous.streams) {
        if (next.streams.get(key)?.createdAtMs !== stream.createdAtMs) this.#forget(stream)
      }
    })
    const { streams } = snapshots.current()
    await this.#remove(`${kind}/`, (key, { streamCreatedAtMs }) => {
      const [, account = '', name = ''] = key.split('/')
      return streams.get(`${account}/${name}`)?.createdAtMs !== streamCreatedAtMs
    })
  }

  /** The checkpoints of one stream. All tasks of it share them. */
  of({ key: streamKey, createdAtMs }: StreamView): Checkpoints {
    const prefix = `${kind}/${streamKey}/`
    return {
      load: async name => {
        checkName(name)
        const value = (await this.#documents.get(prefix + name))?.value as StoredCheckpoint | undefined
        return value?.streamCreatedAtMs === createdAtMs ? value.text : undefined
      },
      save: async (name, text) => {
        checkName(name)
        checkText(name, text)
        if ((await this.#documents.get(prefix + name)) === undefined) await this.#checkCount(prefix)
        const value: StoredCheckpoint = { text, streamCreatedAtMs: createdAtMs }
        await this.#documents.put(prefix + name, value)
      },
    }
  }

  [Symbol.dispose](): void {
    this.#subscription?.[Symbol.dispose]()
  }

  async #checkCount(prefix: string): Promise<void> {
    const seen = (await this.#documents.list(prefix, { limit: checkpointsMax })).length
    if (seen < checkpointsMax) return
    throw invalid(`there are ${seen} checkpoints already, at most ${checkpointsMax} are kept`, {
      limit: checkpointsMax,
      seen,
    })
  }

  #forget({ key, createdAtMs }: StreamView): void {
    const isOfIt = (_: string, value: StoredCheckpoint): boolean => value.streamCreatedAtMs === createdAtMs
    this.#remove(`${kind}/${key}/`, isOfIt).catch((error: unknown) => {
      this.#log.warn(
        'checkpoints of a stream that is gone could not be removed; the next start tries again',
        {
          stream: key,
          error,
        },
      )
    })
  }

  async #remove(prefix: string, isGone: (key: string, value: StoredCheckpoint) => boolean): Promise<void> {
    let after: string | undefined
    do {
      const page = await this.#documents.list(prefix, after === undefined ? {} : { after })
      for (const { key, value } of page) {
        if (isGone(key, value as StoredCheckpoint)) await this.#documents.delete(key)
      }
      after = page.at(-1)?.key
    } while (after !== undefined)
  }
}

function checkName(name: string): void {
  const seen = Buffer.byteLength(name)
  if (seen > 0 && seen <= checkpointNameBytesMax) return
  throw invalid(`the name of a checkpoint has ${seen} bytes; it must have 1 to ${checkpointNameBytesMax}`, {
    limit: checkpointNameBytesMax,
    seen,
  })
}

function checkText(name: string, text: string): void {
  const seen = Buffer.byteLength(text)
  if (seen <= checkpointBytesMax) return
  throw invalid(`the checkpoint ${name} has ${seen} bytes, at most ${checkpointBytesMax} are kept`, {
    limit: checkpointBytesMax,
    seen,
  })
}

function invalid(message: string, details: Record<string, unknown>): AppError {
  return new AppError('storage.invalid', message, retryNever, { details })
}
