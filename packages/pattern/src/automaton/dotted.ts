import type { PathNode } from './path-trie.ts'

/** The node that a member name with dots, which stands for as many steps, leads to. */
export function findDotted(from: PathNode, name: string): PathNode | undefined {
  let node: PathNode | undefined = from
  for (const step of name.split('.')) {
    node = node.children.get(step)
    if (node === undefined) return undefined
  }
  return node
}
