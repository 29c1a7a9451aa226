import type { Door, DoorAnswer, DoorRequest } from '@millrace/spi'

/** What listens at the address of a stream. */
export interface OpenDoor {
  readonly handle: (request: DoorRequest, signal: AbortSignal) => Promise<DoorAnswer>
  readonly bodyBytesMax: number
}

/**
 * The addresses of streams, between the sources that listen there and the listener that has the requests. Several tasks
 * of a stream may listen at once, and a new source may open before the old one has closed: the latest gets the
 * requests, and those before it again when it has gone.
 */
export class Doors {
  readonly #open = new Map<string, OpenDoor[]>()

  /** The door of one stream, by `account/name`. */
  door(streamKey: string): Door {
    return {
      open: (handle, { bodyBytesMax }) => {
        const opened: OpenDoor = { handle, bodyBytesMax }
        const others = this.#open.get(streamKey)
        if (others === undefined) this.#open.set(streamKey, [opened])
        else others.push(opened)
        return { [Symbol.dispose]: () => this.#close(streamKey, opened) }
      },
    }
  }

  /** Who listens there now. */
  at(streamKey: string): OpenDoor | undefined {
    return this.#open.get(streamKey)?.at(-1)
  }

  #close(streamKey: string, opened: OpenDoor): void {
    const others = this.#open.get(streamKey)?.filter(one => one !== opened) ?? []
    if (others.length === 0) this.#open.delete(streamKey)
    else this.#open.set(streamKey, others)
  }
}
