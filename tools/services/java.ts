import { join } from 'node:path'

/** Options for a Java server that is quick to start rather than quick at its peak, with a fixed heap. */
export function javaOptions(
  jarsFolder: string,
  heapMegabytes: number,
  more: readonly string[] = [],
): string[] {
  return [
    `-Xms${heapMegabytes}m`,
    `-Xmx${heapMegabytes}m`,
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-Djava.awt.headless=true',
    ...more,
    '-cp',
    join(jarsFolder, '*'),
  ]
}
