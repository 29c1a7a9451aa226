import type { Report } from './desk.ts'

/** A file that somebody uploads, and what must come of it. */
export interface Upload {
  readonly key: string
  readonly content: string
  /** Uploaded right after it, while the first one is run. */
  readonly next?: string
  /**
   * What the desk is told, among other things, where `add` is the sum of both reports when there are two; `undefined` when it is
   * none of Terraform's business.
   */
  readonly comes: Partial<Report> | undefined
}

/** A network and its nodes, without a provider to be downloaded. */
const network = (nodes: number, range: string): string => `
resource "terraform_data" "network" {
  input = "${range}"
}

resource "terraform_data" "node" {
  count = ${nodes}
  input = "\${terraform_data.network.output} node \${count.index}"
}

output "nodes" {
  value = length(terraform_data.node)
}

output "secret" {
  value     = "not for the desk"
  sensitive = true
}
`

const mistaken = `
resource "terraform_data" "network" {
  input = var.range
}
`

const key = 'shop/network.tf'

/** In this order; each is uploaded when there is a report of the one before. */
export const ordinaryUploads: readonly Upload[] = [
  { key, content: network(2, '10.0.0.0/16'), comes: { verdict: 'applied', add: 3, change: 0, remove: 0 } },
  { key: 'shop/README.md', content: '# Not for Terraform', comes: undefined },
  { key, content: network(3, '10.0.0.0/16'), comes: { verdict: 'applied', add: 1, change: 0, remove: 0 } },
  { key, content: network(3, '10.0.0.0/16'), comes: { verdict: 'unchanged', add: 0, change: 0, remove: 0 } },
  { key, content: network(1, '10.0.0.0/16'), comes: { verdict: 'refused', add: 0, change: 0, remove: 2 } },
  { key, content: mistaken, comes: { verdict: 'failed', add: 0, change: 0, remove: 0 } },
]
