import type { Deployment, FunctionSpec } from '../../resources/index.ts'

/** Settings that an instance is not made of: a change of them leaves it as it is. */
type Apart = 'description' | 'tags' | 'instancesMax' | 'idleMs' | 'foreign'

/**
 * Whether an instance that was made for one form of a function can serve the other: nothing differs that it was
 * started with or told.
 */
export function sameMakeup(left: Deployment, right: Deployment): boolean {
  if (left === right || left.spec === right.spec) return true
  return JSON.stringify(makeup(left.spec)) === JSON.stringify(makeup(right.spec))
}

function makeup(spec: FunctionSpec): Omit<FunctionSpec, Apart> {
  const { description: _1, tags: _2, instancesMax: _3, idleMs: _4, foreign: _5, ...rest } = spec
  return Object.fromEntries(Object.entries(rest).sort(([left], [right]) => (left < right ? -1 : 1))) as Omit<
    FunctionSpec,
    Apart
  >
}
