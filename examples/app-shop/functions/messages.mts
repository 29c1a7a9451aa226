/** The parts of the events of the shop that become notifications. */
export interface Occasion {
  readonly id: string
  readonly type: string
  readonly data: {
    readonly market: string
    readonly user?: User
    readonly watchers?: readonly User[]
    readonly goods: string | readonly string[]
    readonly percent?: number
  }
}

export interface User {
  readonly id: string
  readonly address: string
}

/** One notification. Its id is the same whenever the event is handled, so nobody is told twice. */
export interface Message {
  readonly id: string
  readonly to: string
  readonly text: string
}

/** Who is to be told what. */
export function messagesOf({ id, data }: Occasion): Message[] {
  const { user, watchers = [], goods, percent = 0 } = data
  const text =
    user === undefined
      ? `${goods as string} is ${-percent} % cheaper`
      : `Your cart waits: ${(goods as readonly string[]).join(', ')}`
  const told = user === undefined ? watchers : [user]
  return told.map(each => ({ id: `${id}/${each.id}`, to: each.address, text }))
}
