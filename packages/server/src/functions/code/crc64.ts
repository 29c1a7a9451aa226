/** The polynomial of ECMA-182, reflected, as two halves. */
const polynomialHigh = 0xc96c5795
const polynomialLow = 0xd7870f42
/** Bytes that are summed before others get their turn. */
const sliceBytes = 4 * 1_024 * 1_024

/**
 * CRC-64/ECMA-182 as an unsigned decimal number: reflected, beginning and ending with all ones (function-compute section
 * 2.7). Many bytes are summed in slices, between which other work goes on.
 */
export async function crc64(bytes: Uint8Array): Promise<string> {
  const tables = makeTables()
  let high = 0xffffffff
  let low = 0xffffffff
  for (let from = 0; from < bytes.length; from += sliceBytes) {
    if (from > 0) await new Promise(resolve => setImmediate(resolve))
    const end = Math.min(bytes.length, from + sliceBytes)
    for (let index = from; index < end; index++) {
      const entry = (low ^ (bytes[index] as number)) & 0xff
      low = ((low >>> 8) | (high << 24)) ^ (tables.low[entry] as number)
      high = (high >>> 8) ^ (tables.high[entry] as number)
    }
  }
  return ((BigInt(~high >>> 0) << 32n) | BigInt(~low >>> 0)).toString()
}

/** Made for each sum: it takes microseconds, and nothing has to be kept. */
function makeTables(): { readonly high: Int32Array; readonly low: Int32Array } {
  const tables = { high: new Int32Array(256), low: new Int32Array(256) }
  for (let entry = 0; entry < 256; entry++) {
    let high = 0
    let low = entry
    for (let bit = 0; bit < 8; bit++) {
      const isOdd = (low & 1) === 1
      low = (low >>> 1) | (high << 31)
      high >>>= 1
      if (isOdd) {
        low ^= polynomialLow
        high ^= polynomialHigh
      }
    }
    tables.high[entry] = high
    tables.low[entry] = low
  }
  return tables
}
