import { compileTransform } from '../bus/transform/index.ts'
import { busKey, type Snapshot, type StreamSpec } from '../resources/index.ts'
import { checkConnected, checkSink, missing, placed, type RuleCheckParts } from './rule-check.ts'

/**
 * Completes a stream's spec as that of a rule is, and refuses what could never work, with the place in front: unknown
 * connectors, options, instances, functions, buses; a transform that does not compile; a parameter that the sink would not read.
 */
export async function checkStream(
  account: string,
  spec: StreamSpec,
  snapshot: Snapshot,
  parts: RuleCheckParts,
): Promise<StreamSpec> {
  await placed('transform', () => {
    if (spec.transform !== undefined) compileTransform(spec.transform)
    for (const transform of Object.values(spec.parameters)) compileTransform(transform)
  })
  for (const { function: name } of spec.functions) {
    if (!snapshot.functions.has(busKey(account, name))) throw missing('function', name)
  }
  const options = await placed('source', () =>
    checkConnected(account, 'source', spec.source, snapshot, parts),
  )
  const { sink, deadLetter } = spec
  const checkedSink = await placed('sink', async () => {
    if ('connector' in sink) {
      await parts.plugins.checkSinkParameters(sink.connector, Object.keys(spec.parameters))
    }
    return await checkSink(account, sink, snapshot, parts)
  })
  const checked = { ...spec, source: { ...spec.source, options }, sink: checkedSink }
  if (deadLetter === undefined) return checked
  return {
    ...checked,
    deadLetter: await placed('dead letter', () => checkSink(account, deadLetter, snapshot, parts)),
  }
}
