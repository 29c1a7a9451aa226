import type { WiringItem } from './wiring.ts'

/** What tells one resource of an account from all others. */
export interface ItemIdentity {
  readonly kind: WiringItem['kind']
  /** Bus of a rule, function of a trigger or setting, topic of a subscription. */
  readonly parent?: string
  readonly name: string
}

export function identityOf(item: WiringItem): ItemIdentity {
  const { kind, name } = item
  if (item.kind === 'rule') return { kind, name, parent: item.bus }
  if (item.kind === 'subscription') return { kind, name, parent: item.topic }
  return 'function' in item ? { kind, name, parent: item.function } : { kind, name }
}

/** What people call it: `shop/big` for a rule, its own name for most. */
export function itemName({ parent, name }: ItemIdentity): string {
  return parent === undefined ? name : `${parent}/${name}`
}

export function itemKey(identity: ItemIdentity): string {
  return `${identity.kind} ${itemName(identity)}`
}
