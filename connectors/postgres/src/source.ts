import type { Source, SourceContext } from '@millrace/spi'
import { ChangesSource } from './changes-source.ts'
import type { PostgresSourceOptions } from './options.ts'
import { OutboxSource } from './outbox-source.ts'

/** The source of the mode that the options name. */
export function openSource(options: PostgresSourceOptions, context: SourceContext): Source {
  return options.mode === 'changes' ? new ChangesSource(options, context) : new OutboxSource(options, context)
}
