import type { LogPlace } from './change-event.ts'

/** Where reading goes on: at an event group of the binary log, after so many of its rows. */
export interface Position extends LogPlace {
  readonly rows: number
}

/** What a stream of changes remembers. */
export interface Checkpoint extends Position {
  /** Which server the files are of. */
  readonly server: string
  /** The tables by which `rows` counts. */
  readonly tables: string
}

export const checkpointName = 'changes'

export function checkpointText(checkpoint: Checkpoint): string {
  return JSON.stringify(checkpoint)
}

/** Throws for anything else than our own text. */
export function parseCheckpoint(text: string): Checkpoint {
  const { file, position, rows, server, tables } = JSON.parse(text) as Partial<Checkpoint>
  if (typeof file !== 'string' || typeof server !== 'string' || typeof tables !== 'string') throw notOurs()
  if (!Number.isSafeInteger(position) || !Number.isSafeInteger(rows)) throw notOurs()
  return { file, position: position!, rows: rows!, server, tables }
}

function notOurs(): Error {
  return new Error('the checkpoint is not one of a stream of changes')
}
