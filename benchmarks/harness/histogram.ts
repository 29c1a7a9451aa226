/** Sub-buckets for each doubling: values are kept to better than 1 %. */
const subBuckets = 128
const subBucketBits = 7
/** Doublings above `subBuckets` that are covered: in microseconds, up to about 19 hours. */
const doublings = 29

/**
 * Counts values in buckets that grow with the value, so that any percentile of millions of values can be told to
 * within 1 % from a few kilobytes. Values are whole numbers from 0; larger ones than the last bucket count in it.
 */
export class Histogram {
  readonly #counts: Float64Array
  #count = 0
  #sum = 0
  #maximum = 0

  constructor() {
    this.#counts = new Float64Array((doublings + 1) * subBuckets)
  }

  record(value: number): void {
    const whole = Math.max(0, Math.round(value))
    const index = Math.min(bucketOf(whole), this.#counts.length - 1)
    this.#counts[index] = (this.#counts[index] ?? 0) + 1
    this.#count++
    this.#sum += whole
    if (whole > this.#maximum) this.#maximum = whole
  }

  get count(): number {
    return this.#count
  }

  get maximum(): number {
    return this.#maximum
  }

  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count
  }

  /** Smallest bucket value that at least `percent` of the values do not exceed; 0 when nothing was recorded. */
  percentile(percent: number): number {
    const wanted = Math.max(1, Math.ceil((percent / 100) * this.#count))
    let seen = 0
    for (let index = 0; index < this.#counts.length; index++) {
      seen += this.#counts[index] ?? 0
      if (seen >= wanted) return Math.min(upperBound(index), this.#maximum)
    }
    return this.#maximum
  }

  /** The usual summary, each value divided by `divisor` (1,000 turns microseconds into milliseconds). */
  summary(divisor = 1): LatencySummary {
    return {
      count: this.#count,
      mean: this.mean / divisor,
      p50: this.percentile(50) / divisor,
      p90: this.percentile(90) / divisor,
      p99: this.percentile(99) / divisor,
      p999: this.percentile(99.9) / divisor,
      max: this.#maximum / divisor,
    }
  }
}

export interface LatencySummary {
  readonly count: number
  readonly mean: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

function bucketOf(value: number): number {
  if (value < subBuckets) return value
  const shift = Math.floor(Math.log2(value)) - subBucketBits
  return (shift + 1) * subBuckets + Math.floor(value / 2 ** shift) - subBuckets
}

function upperBound(index: number): number {
  if (index < subBuckets) return index
  const shift = Math.floor(index / subBuckets) - 1
  return ((index % subBuckets) + subBuckets + 1) * 2 ** shift - 1
}
