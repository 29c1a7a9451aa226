import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Syntax } from './syntax.ts'

/** Folders that hold no source of ours, wherever they stand; hidden ones neither, except `.ci`. */
const foldersIgnored: ReadonlySet<string> = new Set(['node_modules', 'coverage', 'dist'])

/** Endings of files that are read as text; anything else is listed but never opened. */
const textEndings: readonly string[] = [
  '.ts',
  '.js',
  '.mjs',
  '.cjs',
  '.json',
  '.md',
  '.sh',
  '.yml',
  '.yaml',
  '.html',
  '.css',
  '.txt',
  '.npmrc',
  '.gitignore',
]

/** One file of the repository; text and syntax are read at first use and kept. */
export class SourceFile {
  /** Path from the root, with `/`. */
  readonly path: string
  readonly #root: string
  #text: string | undefined
  #syntax: Syntax | undefined

  constructor(root: string, path: string) {
    this.#root = root
    this.path = path
  }

  get name(): string {
    return this.path.slice(this.path.lastIndexOf('/') + 1)
  }

  get text(): string {
    this.#text ??= readFileSync(join(this.#root, this.path), 'utf8')
    return this.#text
  }

  get lineCount(): number {
    const breaks = this.text.split('\n').length
    return this.text.endsWith('\n') ? breaks - 1 : breaks
  }

  get syntax(): Syntax {
    this.#syntax ??= new Syntax(this.path, this.text)
    return this.#syntax
  }

  get isCode(): boolean {
    return /\.(?:ts|js|mjs|cjs)$/.test(this.path)
  }

  get isTypeScript(): boolean {
    return this.path.endsWith('.ts')
  }

  /** Whether it runs only under the test runner or prepares for it: tests, fixtures, everything in a `test` folder. */
  get isTest(): boolean {
    return /\.test\.ts$|\.fixture\.ts$|(?:^|\/)tests?\//.test(this.path)
  }

  get isTestFile(): boolean {
    return this.path.endsWith('.test.ts')
  }

  get isText(): boolean {
    return textEndings.some(ending => this.path.endsWith(ending)) || this.path.startsWith('.ci/')
  }
}

/** The files of a repository as the rules see them. */
export class Tree {
  readonly root: string
  readonly files: readonly SourceFile[]
  readonly #byPath: ReadonlyMap<string, SourceFile>

  constructor(root: string) {
    this.root = root
    this.files = listFiles(root, '').map(path => new SourceFile(root, path))
    this.#byPath = new Map(this.files.map(file => [file.path, file]))
  }

  get(path: string): SourceFile | undefined {
    return this.#byPath.get(path)
  }

  has(path: string): boolean {
    return this.#byPath.has(path)
  }

  /** Names of the folders directly below a folder that hold at least one file. */
  folders(parent: string): string[] {
    const names = new Set<string>()
    for (const { path } of this.files) {
      if (!path.startsWith(`${parent}/`)) continue
      const [name, rest] = path.slice(parent.length + 1).split('/', 2)
      if (name !== undefined && rest !== undefined) names.add(name)
    }
    return [...names].toSorted()
  }

  /** A JSON file, or `undefined` when it is missing or not JSON. */
  json(path: string): unknown {
    const file = this.get(path)
    if (file === undefined) return undefined
    try {
      return JSON.parse(file.text)
    } catch {
      return undefined
    }
  }
}

function listFiles(root: string, folder: string): string[] {
  const paths: string[] = []
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory()) {
      if (isSource(entry.name)) paths.push(...listFiles(root, path))
    } else if (entry.isFile()) {
      paths.push(path)
    }
  }
  return paths.toSorted()
}

function isSource(folder: string): boolean {
  return !foldersIgnored.has(folder) && (!folder.startsWith('.') || folder === '.ci')
}
