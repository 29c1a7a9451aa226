import { invalid } from './check.ts'

/** Links that are followed, one after the other, to find where one leads. */
const hopsMax = 40
const targetBytesMax = 1_024

/**
 * Refuses symbolic links that lead out of the package, by whatever road: absolute, by `..`, or through other links. A
 * link that leads to nothing is harmless. `links`: path → target, as it stands in the link.
 */
export function checkLinks(links: ReadonlyMap<string, string>): void {
  for (const path of links.keys()) {
    const reason = wrongLink(path, links)
    if (reason !== undefined) throw invalid(`the link ${JSON.stringify(path)} ${reason}`, { path })
  }
}

function wrongLink(path: string, links: ReadonlyMap<string, string>): string | undefined {
  const target = links.get(path) ?? ''
  if (target === '' || target.includes('\0')) return 'has no target'
  if (Buffer.byteLength(target) > targetBytesMax) return `has a target longer than ${targetBytesMax} bytes`
  const at: string[] = []
  const ahead = path.split('/').reverse()
  let hops = 0
  for (let step = ahead.pop(); step !== undefined; step = ahead.pop()) {
    if (step === '' || step === '.') continue
    if (step === '..') {
      if (at.pop() === undefined) return `leads out of the package: ${target}`
      continue
    }
    const next = links.get([...at, step].join('/'))
    if (next === undefined) at.push(step)
    else if (next.startsWith('/')) return `leads out of the package: ${next}`
    else if (++hops > hopsMax) return 'leads in a circle'
    else ahead.push(...next.split('/').reverse())
  }
  return undefined
}
