import type { Frame, InitializeHeader } from '../runtime-protocol.ts'
import type { RuntimeHost } from './runtime-host.ts'

/**
 * What the code of the fixtures does, by name. A runtime writes each in its language; see the clause that uses it.
 *
 * - `echo` returns its event. `text` returns the string `grüße`, `object` the object `{"a":[1,null]}`, `nothing` nothing.
 * - `context` returns its context as JSON. `environment` returns its whole environment as a JSON object.
 * - `folders` returns `{"working": <current folder>, "temporary": <temporary folder>}`.
 * - `fail` throws an error `BoomError` with the message `boom`; `failValue` throws the string `not an error`, where the
 *   language can, else an error with that message and the type `string`. `handled` says by its callback that it failed
 *   with `refused`; `undefined` where the language has no such way.
 * - `wait` waits without end, but returns `stopped` when it is told to cancel. `gate` waits until the invocation whose
 *   event is `open` comes to the same instance, then returns its event; `open` itself returns at once.
 * - `spin` computes without end. `exit` ends the process with code 3.
 * - `crash` starts something that throws `late` outside the handler's own flow and never returns. `crashLater` does the
 *   same but returns at once.
 * - `log` writes the line `out <event>` to standard output and `err <event>` to standard error, then waits for another
 *   turn of its scheduler, writes the line `more <event>`, and returns. `part` writes `no line feed` without one.
 * - `flood` writes 64 MiB to standard output and returns. `child` starts a program that sleeps, and returns its process id.
 * - `count` returns as text how often it was called in this instance, plus 100 for each call of `initialize`.
 * - `parts` answers `one`, `two`, `three` in three parts. `manyParts` answers 3 MiB in parts and writes the line
 *   `sent <MiB>` to standard output whenever it has handed over another MiB. `brokenParts` answers the part `one`, then
 *   throws `half`. Of the group `streaming`.
 * - `http` is a handler of HTTP requests: status 201, header `x-method` with the method, `x-path` with the path, `x-query`
 *   with the value of the query's `q`, two values `a` and `b` of `x-many`; the body of the request is the body of the
 *   answer. `httpFail` throws `no answer`. Of the group `http`.
 * - `hook` writes the line `hooked` to standard output. `hookFail` throws `no hook`. `hookWait` writes the line `hooking`
 *   and never ends. Of the group `hooks`.
 * - `layer` returns the text `of the layer`, which a module of the layers exports. Of the group `layers`.
 * - `initialize` is an initializer as above. `initializeFail` throws `no start`. `initializeWait` never ends.
 */
export type RuntimeFixtureName =
  | 'echo'
  | 'text'
  | 'object'
  | 'nothing'
  | 'context'
  | 'environment'
  | 'folders'
  | 'fail'
  | 'failValue'
  | 'wait'
  | 'gate'
  | 'spin'
  | 'exit'
  | 'crash'
  | 'crashLater'
  | 'log'
  | 'part'
  | 'flood'
  | 'child'
  | 'count'
  | 'initialize'
  | 'initializeFail'
  | 'initializeWait'
  | 'parts'
  | 'manyParts'
  | 'brokenParts'
  | 'http'
  | 'httpFail'
  | 'hook'
  | 'hookFail'
  | 'hookWait'
  | 'layer'

/** What a runtime may leave out. `qualifier`: the context says what the caller has named. */
export type RuntimeGroup = 'streaming' | 'http' | 'hooks' | 'layers' | 'qualifier'

export interface RuntimeFixtures {
  /** Folder with the fixtures, as unpacked code. */
  readonly codePath: string
  /** How a function names each of them, such as `fixtures.echo`. */
  handler(name: RuntimeFixtureName): string
  /** Handler that fails through a callback, where the language has one. */
  readonly handled: string | undefined
  /** Handlers that cannot be loaded: no such module, no such export. */
  readonly missingModule: string
  readonly missingExport: string
  /** A module that does not parse. The suite writes it: a file like that would trip every tool that reads the tree. */
  readonly broken: {
    readonly file: string
    readonly text: string
    readonly handler: string
    /** What the language calls it. Default `SyntaxError`. */
    readonly errorType?: string
  }
  /** What the stack of the fixture `fail` names, where that is not the folder of the code. */
  readonly stackPlace?: string
  /** Groups that the runtime has; the clauses of the others are counted as skipped. Default none. */
  readonly groups?: readonly RuntimeGroup[]
  /** The module of the fixture `layer`, for the group `layers`: its path in the layers, and its text. The suite writes it. */
  readonly layer?: { readonly file: string; readonly text: string }
  /** Clauses that the language cannot keep, by their sentence, each with the reason; they are counted as skipped. */
  readonly skips?: Readonly<Record<string, string>>
}

/** What a case works with. */
export interface RuntimeBench {
  readonly fixtures: RuntimeFixtures
  /** A booted instance, of no function yet. */
  boot(): Promise<RuntimeHost>
  /** An instance that runs the fixture. */
  start(name: RuntimeFixtureName, change?: Partial<InitializeHeader>): Promise<RuntimeHost>
  header(handler: string, change?: Partial<InitializeHeader>): InitializeHeader
}

/** Declares one clause of the contract as a test. */
export type RuntimeCase = (clause: string, run: (bench: RuntimeBench) => Promise<void>) => void

export function text(frame: Frame): string {
  return Buffer.from(frame.payload).toString()
}
