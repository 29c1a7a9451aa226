import type { NewEntry, QueueChange } from '@millrace/spi'

/** One write as data. The model applies the same writes twice: once for readers, once for what survives a crash. */
export type Write =
  | { readonly kind: 'append'; readonly log: string; readonly entries: readonly NewEntry[] }
  | { readonly kind: 'trim'; readonly log: string; readonly beforePosition: number }
  | { readonly kind: 'commit'; readonly change: QueueChange }
  | { readonly kind: 'drop'; readonly queue: string; readonly cursors: readonly string[] }
  | { readonly kind: 'put-document'; readonly key: string; readonly text: string }
  | { readonly kind: 'delete-document'; readonly key: string }
  | { readonly kind: 'put-blob'; readonly name: string; readonly bytes: Uint8Array }
  | { readonly kind: 'delete-blob'; readonly name: string }
