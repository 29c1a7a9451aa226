import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where each template lies, under its name. */
const templatesFolder = fileURLToPath(new URL('../../../templates', import.meta.url))

/** Stands for the name of the function in the files of a template. */
const namePlaceholder = 'FUNCTION_NAME'

export interface TemplateFile {
  readonly path: string
  readonly text: string
  readonly mode: number
}

export async function templateNames(): Promise<string[]> {
  return (await readdir(templatesFolder)).sort()
}

/** The template for a runtime as users write it: `nodejs24`, `python3.12`, `custom.debian12`, `go1`, `java17`. */
export function templateOf(runtime: string, names: readonly string[]): string | undefined {
  return names.find(name => name === runtime) ?? names.find(name => runtime.replace(/[\d.].*$/, '') === name)
}

/** The files of a template for a function of this name, for one version of the runtime where `runtime` says which. */
export async function readTemplate(template: string, name: string, runtime: string): Promise<TemplateFile[]> {
  const root = join(templatesFolder, template)
  const files: TemplateFile[] = []
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const source = join(entry.parentPath, entry.name)
    const text = (await readFile(source, 'utf8')).replaceAll(namePlaceholder, name)
    const chosen = entry.name === 'millrace.config.yaml' && runtime !== template
    files.push({
      path: relative(root, source),
      text: chosen ? text.replace(/runtime: .*/, `runtime: ${runtime}`) : text,
      mode: (await stat(source)).mode & 0o777,
    })
  }
  return files.sort((left, right) => (left.path < right.path ? -1 : 1))
}

/** Writes the files below a folder; nothing that is there is replaced. */
export async function writeTemplate(files: readonly TemplateFile[], folder: string): Promise<void> {
  for (const { path, text, mode } of files) {
    const target = join(folder, path)
    await mkdir(dirname(target), { recursive: true })
    await writeFile(target, text, { flag: 'wx' })
    await chmod(target, mode | 0o200)
  }
}
