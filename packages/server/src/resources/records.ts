import type { Documents } from '@millrace/spi'

/** Key of a document: kind, account, then the names from the outside in. */
export function documentKey(kind: string, account: string, ...names: string[]): string {
  return [kind, account, ...names].join('/')
}

export interface LoadedRecord<Value> {
  readonly account: string
  /** The names of the key, joined by `/`. */
  readonly name: string
  readonly value: Value
}

/** All documents of one kind over all accounts, in key order, fetched page by page. */
export async function* loadRecords<Value>(
  documents: Documents,
  kind: string,
): AsyncGenerator<LoadedRecord<Value>> {
  const pageSize = 1_000
  let after: string | undefined
  for (;;) {
    const page = await documents.list(`${kind}/`, {
      limit: pageSize,
      ...(after === undefined ? {} : { after }),
    })
    for (const { key, value } of page) {
      const [, account = '', ...names] = key.split('/')
      yield { account, name: names.join('/'), value: value as Value }
    }
    if (page.length < pageSize) return
    after = page.at(-1)?.key
  }
}
