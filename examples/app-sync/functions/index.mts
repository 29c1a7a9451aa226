import { converted, type TillSale } from './sale.mts'

/** A record of Kafka, whose key stays as it is; or a line of a file. */
interface TillRecord {
  readonly data: { readonly value: TillSale; readonly key: string | null } | TillSale
}

/** Gets a batch of records, and answers with as many, in the same order. It refuses none: one bad sale would hold up its batch. */
export function handler(batch: Uint8Array) {
  const records = JSON.parse(new TextDecoder().decode(batch)) as TillRecord[]
  return records.map(record => {
    const { data } = record
    return { ...record, data: 'value' in data ? { ...data, value: converted(data.value) } : converted(data) }
  })
}
