import type { PathNode } from './path-trie.ts'

/**
 * A member name with dots stands for as many steps, so it may lead to a node further down. The name as a whole can end at
 * one node only; `visit` is called with it, if there is one.
 */
export function visitDotted(from: PathNode, name: string, visit: (target: PathNode) => void): void {
  let node = from
  for (const step of name.split('.')) {
    const next = node.children.get(step)
    if (next === undefined) return
    node = next
  }
  visit(node)
}
