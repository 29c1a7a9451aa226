import type { BusSpec, FunctionSpec, RuleSpec } from './resources.ts'

/** One resource of a wiring: what `millrace apply` writes and `millrace dev` keeps in step. */
export type WiringItem =
  | { readonly kind: 'bus'; readonly name: string; readonly spec: BusSpec }
  | { readonly kind: 'function'; readonly name: string; readonly spec: FunctionSpec }
  | { readonly kind: 'rule'; readonly bus: string; readonly name: string; readonly spec: RuleSpec }

/** A bus of the wiring. */
export function defineBus(name: string, spec: BusSpec = {}): WiringItem {
  return { kind: 'bus', name, spec }
}

/** A rule of the wiring, on a bus of the same wiring or one that is there already. */
export function defineRule(bus: string, name: string, spec: RuleSpec): WiringItem {
  return { kind: 'rule', bus, name, spec }
}

/** A function of the wiring; `code` is a file or folder relative to the wiring file. */
export function defineFunction(name: string, spec: FunctionSpec): WiringItem {
  return { kind: 'function', name, spec }
}

/** How a wiring is written in YAML or JSON: rules stand under their bus. */
export interface WiringDocument {
  buses?: Record<string, (BusSpec & { rules?: Record<string, RuleSpec> }) | null>
  functions?: Record<string, FunctionSpec>
}

/**
 * Flattens a wiring document into items in the order in which they can be written: buses, functions, rules.
 * Throws a TypeError that names an unknown top-level key.
 */
export function wiringItems(document: WiringDocument): WiringItem[] {
  for (const key of Object.keys(document)) {
    if (key !== 'buses' && key !== 'functions') {
      throw new TypeError(`unknown key ${key} in the wiring; known are buses, functions`)
    }
  }
  const items: WiringItem[] = []
  for (const [name, spec] of Object.entries(document.buses ?? {})) {
    const { rules: _, ...busSpec } = spec ?? {}
    items.push(defineBus(name, busSpec))
  }
  for (const [name, spec] of Object.entries(document.functions ?? {})) items.push(defineFunction(name, spec))
  for (const [bus, spec] of Object.entries(document.buses ?? {})) {
    for (const [name, rule] of Object.entries(spec?.rules ?? {})) items.push(defineRule(bus, name, rule))
  }
  return sortWiring(items)
}

const order = { bus: 0, function: 1, rule: 2 }

/** Puts items into the order in which they can be written: what others refer to comes first. */
export function sortWiring(items: readonly WiringItem[]): WiringItem[] {
  return [...items].sort((left, right) => order[left.kind] - order[right.kind])
}
