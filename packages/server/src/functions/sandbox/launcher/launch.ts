import type { Duplex } from 'node:stream'

/** What a process has at one of its descriptors, by its number. */
export type Descriptor =
  | { readonly kind: 'nothing' }
  /** A connection with the server. */
  | { readonly kind: 'stream' }
  /** A file, opened for reading. */
  | { readonly kind: 'file'; readonly path: string }
  /** A pipe that this text comes out of, and then its end. */
  | { readonly kind: 'text'; readonly text: string }

/** A process to be started, at the head of a process group of its own. */
export interface LaunchRequest {
  readonly command: string
  readonly args: readonly string[]
  /** Its current folder. */
  readonly folder: string
  /** All of it: nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>
  readonly descriptors: readonly Descriptor[]
}

/** How a process ended: by itself with a code, or by a signal. */
export interface End {
  readonly code: number | null
  readonly signal: string | null
}

/** A process that has been started. */
export interface Launched {
  readonly processId: number
  /** The server's side of a descriptor that was asked for as a stream. Throws for any other. */
  stream(descriptor: number): Duplex
  /** Resolves when the process itself has ended; what it wrote may still be on its way. Never rejects. */
  readonly ended: Promise<End>
}

/** Starts processes. */
export interface Launcher {
  /** Rejects when the program cannot be started, with the reason of the system. */
  launch(request: LaunchRequest): Promise<Launched>
  /** Gets ready in the background; to be called when a start is likely to come. Safe to call again. */
  warm(): void
  /** To be called when none of its processes lives any more. Safe to call again. */
  close(): Promise<void>
}
