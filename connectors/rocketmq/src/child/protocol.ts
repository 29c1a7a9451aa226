/** What a child process is asked to do, and how it answers: messages of the channel between the two, as structured clones. */
export type Request =
  | { readonly kind: 'call'; readonly id: number; readonly method: string; readonly payload: unknown }
  /** Nobody waits for that call any more. */
  | { readonly kind: 'cancel'; readonly id: number }
  /** No call follows: give up what is under way, say goodbye and exit. */
  | { readonly kind: 'stop' }

export type Reply =
  | { readonly kind: 'done'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly fault: Fault }
  /** A line for the log of the parent. Lines are dropped while the channel is full. */
  | { readonly kind: 'line'; readonly text: string }

/** What an error of the child's library looks like on this side; classes do not cross the channel. */
export interface Fault {
  readonly name: string
  readonly message: string
  /** The code of that library, where it has one. */
  readonly code?: string | number
}

/** Name of the call that comes first and makes the child ready. */
export const startMethod = 'start'
