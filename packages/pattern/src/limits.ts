/**
 * The limits that keep the cost of a pattern, and of an event, bounded. They are fixed: what is refused on one machine is
 * refused on every other. `PATTERNS.md` lists them with the reasons.
 */
export const patternLimits = {
  /** UTF-16 units of a pattern written as JSON text; an object is measured by the sum of its strings and nodes. */
  patternSizeMax: 256 * 1024,
  /** Levels of objects and lists inside a pattern. */
  depthMax: 64,
  /** Elements in the list of one field, and in the list of one `anything-but`. */
  valuesPerFieldMax: 10_000,
  /** Conjunctions that the `$or`s of one pattern multiply out to. */
  alternativesMax: 1000,
  /** Fields that all alternatives of one pattern name together. */
  fieldsMax: 20_000,
  /** `*` in one wildcard. */
  wildcardStarsMax: 32,
  /** `*` of one wildcard that stand before the same character, the shape whose states multiply. */
  wildcardRepeatsMax: 4,
  /** Operator objects in one field of the `aliyun` dialect. */
  aliyunExpressionsMax: 5,
  /** Rules in one matcher. */
  rulesMax: 10_000_000,
  /** Levels of objects and lists inside an event. */
  eventDepthMax: 512,
} as const
