import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findProgram, runToEnd } from './command.ts'

/** A program of a Go module: `go.mod` says which version, `go.sum` says exactly which bytes of everything it is made of. */
export interface GoProgram {
  /** Folder with `go.mod` and `go.sum`. */
  readonly module: string
  /** Import path of the program. */
  readonly source: string
  /** Where the program is put; there in full or not at all. */
  readonly program: string
}

/** Path of Go's own command, which many machines have outside the path. */
export function findGo(): string | undefined {
  return findProgram('go', ['/usr/local/go/bin'])
}

/**
 * Builds the program with the Go of this machine, by whatever module proxy that is set to. Does nothing when the program is
 * there. Rejects where Go is missing, too old, or something has other bytes than `go.sum` says.
 */
export async function buildGoProgram(
  { module, source, program }: GoProgram,
  print: (line: string) => void,
): Promise<void> {
  if (existsSync(program)) return
  const go = findGo()
  if (go === undefined) throw new Error(`building ${source} needs Go: install it, and put it on the path`)
  const work = `${program}.partial`
  rmSync(work, { recursive: true, force: true })
  mkdirSync(dirname(work), { recursive: true })
  // Go writes beside go.mod, and the checkout may be read-only.
  cpSync(module, work, { recursive: true })
  print(`building ${source} with Go; the first time this takes a minute or more`)
  await runToEnd(go, ['build', '-trimpath', '-buildvcs=false', '-ldflags=-s -w', '-o', 'built', source], {
    folder: work,
    environment: { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOWORK: 'off', GOTOOLCHAIN: 'local' },
  })
  renameSync(join(work, 'built'), program)
  rmSync(work, { recursive: true })
}
