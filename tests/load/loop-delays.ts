import { readFile } from 'node:fs/promises'

/** How long the event loop of the server was held up during half a second, in milliseconds. */
export interface LoopDelay {
  readonly atMs: number
  readonly p99Ms: number
  readonly mostMs: number
}

/** What a server has to be started with so that it writes its delays to a file. */
export function loopMonitor(path: string): Record<string, string> {
  const monitor = new URL('./loop-monitor.ts', import.meta.url).href
  return { NODE_OPTIONS: `--import=${monitor}`, LOOP_DELAYS_PATH: path }
}

export async function readLoopDelays(path: string): Promise<LoopDelay[]> {
  const lines = (await readFile(path, 'utf8')).split('\n')
  return lines.filter(line => line.endsWith('}')).map(line => JSON.parse(line) as LoopDelay)
}
