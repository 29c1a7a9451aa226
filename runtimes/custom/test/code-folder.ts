import { chmod, cp, mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A code folder with these files; `bootstrap` and those below `executable` can be run. */
export async function codeFolder(
  files: Readonly<Record<string, string>>,
  executable: readonly string[] = ['bootstrap'],
): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await mkdtempDisposable(join(tmpdir(), 'millrace-custom-'))
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder.path, name), text)
    if (executable.includes(name)) await chmod(join(folder.path, name), 0o755)
  }
  return { path: folder.path, [Symbol.asyncDispose]: () => folder.remove() }
}

/** A code folder whose `bootstrap` runs a server for Node.js: the file `source`, copied into it. */
export async function nodeServerFolder(source: string): Promise<AsyncDisposable & { readonly path: string }> {
  const bootstrap = `#!${process.execPath}\nvoid import('./server.mjs')\n`
  const folder = await codeFolder({ bootstrap })
  await cp(source, join(folder.path, 'server.mjs'))
  return folder
}
