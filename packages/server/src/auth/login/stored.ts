import type { Documents } from '@millrace/spi'

/** Documents that are fetched at once. */
const pageSize = 1_000

/** Every document of a kind with the names in its key, in key order. */
export async function* storedUnder(
  documents: Documents,
  kind: string,
): AsyncGenerator<{ readonly names: readonly string[]; readonly value: unknown }> {
  let after: string | undefined
  for (;;) {
    const page = await documents.list(`${kind}/`, {
      limit: pageSize,
      ...(after === undefined ? {} : { after }),
    })
    for (const { key, value } of page) yield { names: key.split('/').slice(1), value }
    if (page.length < pageSize) return
    after = page.at(-1)?.key
  }
}
