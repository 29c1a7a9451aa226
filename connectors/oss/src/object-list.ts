import type { S3Client } from './client.ts'
import { unescaped } from './key.ts'
import { childText, type Element } from './xml.ts'

/** An object as listings show it. */
export interface ListedObject {
  readonly key: string
  readonly eTag: string
  readonly size: number
  readonly timeMs: number
}

/** Objects of one page. */
const pageMax = 1_000

/**
 * All objects below a prefix whose keys come after the given one, in the order of their keys, page by page. What stands for a
 * folder is left out. Throws an AppError of the source, or the signal's reason.
 */
export async function* listObjects(
  client: S3Client,
  prefix: string,
  after: string,
  signal: AbortSignal,
): AsyncGenerator<ListedObject[]> {
  let place: Record<string, string> = after === '' ? {} : { 'start-after': after }
  for (;;) {
    const query = {
      'list-type': '2',
      'max-keys': String(pageMax),
      // Keys may have characters that XML has no way to write.
      'encoding-type': 'url',
      ...(prefix === '' ? {} : { prefix }),
      ...place,
    }
    const root = await client.query(query, signal)
    const decode = childText(root, 'EncodingType') === 'url' ? unescaped : (text: string): string => text
    const objects = root.children
      .filter(({ name }) => name === 'Contents')
      .map(element => listed(element, decode))
      .filter(({ key }) => !key.endsWith('/'))
    if (objects.length > 0) yield objects
    const token = childText(root, 'NextContinuationToken')
    if (childText(root, 'IsTruncated') !== 'true' || token === '') return
    place = { 'continuation-token': token }
  }
}

function listed(element: Element, decode: (text: string) => string): ListedObject {
  return {
    key: decode(childText(element, 'Key')),
    eTag: childText(element, 'ETag').replaceAll('"', ''),
    size: Number(childText(element, 'Size')),
    timeMs: Date.parse(childText(element, 'LastModified')),
  }
}
