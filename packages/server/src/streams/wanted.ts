import type { Snapshot, StreamView } from '../resources/index.ts'
import type { Wanted } from './runner.ts'

/** All streams of a snapshot with what they depend on, by `account/name`. */
export function wantedStreams(snapshot: Snapshot): Map<string, Wanted> {
  const wanted = new Map<string, Wanted>()
  for (const [key, stream] of snapshot.streams) {
    const instances = instanceKeys(stream).map(name => snapshot.instances.get(name))
    wanted.set(key, { stream, instances })
  }
  return wanted
}

function instanceKeys({ account, spec }: StreamView): string[] {
  const names = [spec.source, spec.sink, spec.deadLetter].map(part =>
    part !== undefined && 'instance' in part ? part.instance : undefined,
  )
  return names.filter(name => name !== undefined).map(name => `${account}/${name}`)
}
