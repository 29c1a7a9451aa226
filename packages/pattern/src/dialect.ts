/**
 * Which of two published semantics a pattern is read by. It is decided when the pattern is parsed; the parsed form carries
 * what differs, so the matcher knows one language. The README has the table of differences.
 *
 * - `standard`: the public semantics of AWS EventBridge, plus `contains`.
 * - `aliyun`: the semantics of Alibaba Cloud EventBridge where the two contradict each other.
 */
export type Dialect = 'standard' | 'aliyun'

/** Options of every function that reads a pattern. */
export interface PatternOptions {
  /** Defaults to `standard`. */
  readonly dialect?: Dialect
}
